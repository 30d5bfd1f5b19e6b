"""Killed at any instant, the program keeps every reply and every verdict, and asks for nothing twice."""

import random
import sqlite3
from pathlib import Path

import pytest

from tests.killing import TO_GRADE, WAITING, Figures, Trouble, conversations_server, kill_and_resume

KILLS = 200


def verdicts_of_one_attempt(store: Path) -> int:
    """The most verdicts that any attempt has."""
    with sqlite3.connect(store) as connection:
        (most,) = connection.execute(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM events WHERE outcome IS NOT NULL"
            " GROUP BY evaluation, trial, attempt)"
        ).fetchone()
    return int(most)


@pytest.mark.timeout(600)  # several programs, each as slow to start as the machine is busy
@pytest.mark.parametrize(
    ("mode", "api"),
    [
        ("agent", "openai"),  # whose program starts sooner
        pytest.param("agent", "anthropic", marks=pytest.mark.long_run),
        pytest.param("answer", "openai", marks=pytest.mark.long_run),
    ],
)
def test_killed_a_few_times(tmp_path: Path, mode: str, api: str) -> None:
    log, store, figures = tmp_path / "requests", tmp_path / "store.sqlite3", Figures()
    with conversations_server(log, api) as url:
        kill_and_resume(
            url,
            log,
            store,
            api=api,
            mode=mode,
            runs=6,
            kills=2,
            chance=random.Random(7),
            figures=figures,
        )
    assert figures.kills >= 1
    assert verdicts_of_one_attempt(store) == 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("trouble", "hit"),
    [
        pytest.param(Trouble.OUTAGE, WAITING, marks=pytest.mark.long_run, id="outage"),
        pytest.param(Trouble.NO_FILES, TO_GRADE, marks=pytest.mark.long_run, id="no-files"),
    ],
)
def test_killed_in_trouble_that_is_not_the_models(tmp_path: Path, trouble: Trouble, hit: str) -> None:
    log, store, figures = tmp_path / "requests", tmp_path / "store.sqlite3", Figures()
    with conversations_server(log, "openai") as url:
        kill_and_resume(
            url, log, store, api="openai", mode="answer", runs=8, kills=1, chance=random.Random(7), figures=figures,
            troubles=[trouble],
        )  # fmt: skip
    assert figures.found[hit] + figures.left[hit] >= 1
    assert verdicts_of_one_attempt(store) == 1


@pytest.mark.long_run
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("api", ["anthropic", "openai"])
def test_killed_hundreds_of_times(tmp_path: Path, api: str) -> None:
    """``pytest -m long_run tests/test_killed.py -n 0 -s`` prints the figures."""
    chance, figures = random.Random(), Figures()
    log = tmp_path / "requests"
    with conversations_server(log, api) as url:
        for evaluation in range(10_000):
            if figures.kills >= KILLS:
                break
            store = tmp_path / f"store-{evaluation}.sqlite3"
            mode = ("agent", "answer")[evaluation % 2]
            runs = {"agent": 30, "answer": 60}[mode]
            kill_and_resume(
                url,
                log,
                store,
                api=api,
                mode=mode,
                runs=runs,
                kills=25,
                chance=chance,
                figures=figures,
                troubles=list(Trouble),
            )
            assert verdicts_of_one_attempt(store) == 1
            print(figures, flush=True)
    assert figures.kills >= KILLS
    assert figures.found[WAITING]
    assert figures.found[TO_GRADE]
