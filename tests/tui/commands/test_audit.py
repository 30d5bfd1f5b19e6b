"""`dropout-tui audit` stores what it finds, and `review` shows it."""

from __future__ import annotations

import json
import re
import signal
from contextlib import closing
from pathlib import Path

import pytest
from rich.progress import Progress

from dropout_core.storage.store import Store
from tests.core.tasks_of_ones_own import NAIVE_SOFTMAX, RIGHT_SOFTMAX, SOFTMAX
from tests.tui.program import dropout_tui

BAD = "def softmax(x, axis=-1):\n    return x\n"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


@pytest.fixture
def own(tmp_path: Path) -> tuple[str, ...]:
    """What audits a task of one's own by two answers of one's own."""
    (tmp_path / "mine.py").write_text(SOFTMAX)
    for kind, code in (("right", RIGHT_SOFTMAX), ("wrong", NAIVE_SOFTMAX)):
        (tmp_path / "answers" / kind).mkdir(parents=True)
        (tmp_path / "answers" / kind / "one.py").write_text(code)
    return ("--task", str(tmp_path / "mine.py"), "--only-answers", str(tmp_path / "answers"))


def lines_of(store: str, number: int = 1) -> dict[str, dict[str, str]]:
    review = json.loads(dropout_tui("review", str(number), "--json", "--store", store).stdout)
    return {line["title"]: line for line in review["lines"]}


def test_the_review_shows_what_audits_found_of_just_this_task(
    store: str, own: tuple[str, ...], tmp_path: Path
) -> None:
    task = own[:2]
    made = tmp_path / "made.jsonl"
    made.write_text(json.dumps({"completion": RIGHT_SOFTMAX}) + "\n")
    assert dropout_tui("import", str(made), *task, "--store", store).returncode == 0
    before = lines_of(store)["Every right solution is accepted"]
    assert before["met"] == "not_shown"
    assert before["command"].endswith(f"audit --task {own[1]} --suite basic --store {store}")

    done = dropout_tui("audit", *own, "--suite", "basic", "--seeds", "2", "--store", store)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Stored: dropout-tui review shows it of evaluations of task " in done.stdout
    more = dropout_tui("audit", *own, "--suite", "basic", "--seeds", "1", "--json", "--store", store)
    assert json.loads(more.stdout)["store"] == store
    lines = lines_of(store)
    right = lines["Every right solution is accepted"]
    assert right["met"] == "not_shown"
    assert right["evidence"].startswith("3 gradings of 1 right answer, no false reject; 2 audits, the last ")
    assert "all of them the user's own" in right["evidence"]
    assert right["command"].endswith(f"--seeds 1997 --store {store}")
    assert "no wrong answer in it fails values" in lines[REQUIREMENT]["evidence"]
    text = dropout_tui("review", "1", "--store", store).stdout
    assert "| ? not shown | Every right solution is accepted | 3 gradings of 1 right answer" in text

    (tmp_path / "answers" / "right" / "one.py").write_text(BAD)
    assert dropout_tui("audit", *own, "--seeds", "1", "--store", store).returncode == 1
    right = lines_of(store)["Every right solution is accepted"]
    assert right["met"] == "not_met"
    assert right["evidence"].startswith("1 grading of 1 right answer, 1 false reject (one, seed ")

    (tmp_path / "mine.py").write_text(SOFTMAX + "\n")
    changed = dropout_tui("import", str(made), *task, "--seed", "5", "--store", store)
    assert changed.returncode == 0
    assert (
        "the newest audit that is stored is of the file as it was on"
        in (lines_of(store, 2)["Every right solution is accepted"]["evidence"])
    )


def test_where_another_check_catches_a_wrong_answer_it_is_said_what_the_index_must_name(
    store: str, own: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "answers" / "index.toml").write_text(
        '[[right]]\nfile = "right/one.py"\n[[wrong]]\nfile = "wrong/one.py"\ncaught_by = ["values"]\n'
    )
    done = dropout_tui("audit", *own, "--suite", "basic", "--seeds", "1", "--store", store)
    assert done.returncode == 1
    assert ": wrong_check: not caught by values, but by stable\n" in done.stdout
    assert (
        "A wrong answer must fail each check that index.toml names in caught_by, and no other but those of"
        in done.stdout
    )


REQUIREMENT = "Every requirement is checked: wrong answers are refused"


def test_what_an_interrupted_audit_had_graded_is_stored(
    store: str, own: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    graded: list[object] = []

    def press_after_the_third(progress: Progress, *_: object) -> None:
        graded.append(progress)
        if len(graded) == 3:
            signal.raise_signal(signal.SIGINT)

    # A shell that starts the tests in the background has them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with monkeypatch.context() as pressed:
        pressed.setattr(Progress, "advance", press_after_the_third)
        done = dropout_tui("audit", *own, "--suite", "basic", "--seeds", "50", "--store", store)
    signal.signal(signal.SIGINT, before)
    assert (done.returncode, done.stdout) == (130, "")
    assert re.search(
        "suite basic was interrupted after [345] of 100 gradings; what they found is", done.stderr
    )
    with closing(Store(Path(store))) as kept:
        (only,) = kept.kept_audits("softmax", "basic")
    assert (only.gradings, only.planned, only.is_whole) == (len(graded), 100, False)
