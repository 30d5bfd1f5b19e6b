"""``dropout-tui sweep``: real HTTP to a server whose cells pass at known rates, a real store, a real sandbox."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Answer, Behaviour, Failure, MessagesServer, Received
from tests.tui.command_line.test_interruption import heeded as heeded
from tests.tui.command_line.test_interruption import sent_to_itself
from tests.tui.program import Done, command, dropout_tui

KEY = {"ANTHROPIC_API_KEY": "sk-test-secret-key"}
RIGHT = """\
import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return x * (np.random.rand(*x.shape) >= p) / (1 - p)
"""


class Rates:
    """Answers so that each of the `rates` is met, by the temperature asked with, and no two replies are alike."""

    def __init__(self, rates: dict[float, int], reply: Callable[[str], Behaviour] = Answer) -> None:
        self._rates = rates
        self._reply = reply
        self._lock = threading.Lock()
        self.asked: Counter[float] = Counter()
        self.reached = threading.Event()
        self.most: int | None = None
        """`reached` is set with the request of this number."""

    def __call__(self, request: Received) -> Behaviour:
        cell = float(request.body["temperature"])
        with self._lock:
            self.asked[cell] += 1
            number, total = self.asked[cell], self.asked.total()
            if total == self.most:
                self.reached.set()
        rate = self._rates[cell]
        passes = number * rate // 100 > (number - 1) * rate // 100
        return self._reply(
            f"```python\n# {cell}, {number}\n{RIGHT}```" if passes else f"Rather not: {cell}, {number}."
        )


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def arguments_of_a_process(server: ChatServer, store: str, *more: str) -> tuple[str, ...]:
    """Over Chat Completions, whose SDK is imported in half the time."""
    return arguments(
        server, store, "--api", "openai", "--set-grid", "temperature=0.1,0.2", "--concurrency", "2", *more
    )


def arguments(server: MessagesServer, store: str, *more: str) -> tuple[str, ...]:
    return ("sweep", "--model", "m", "--base-url", server.url, "--store", store, "--max-tokens", "100", *more)


def swept(server: MessagesServer, store: str, *more: str) -> tuple[Done, list[dict[str, Any]]]:
    done = dropout_tui(*arguments(server, store, "--json", *more), **KEY)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def requests_at_once(store: str) -> int:
    """The most requests that were in flight together, by when they were sent and answered."""
    with sqlite3.connect(store) as connection:
        moments = connection.execute(
            "SELECT at, CASE kind WHEN 'RequestSent' THEN 1 ELSE -1 END AS step FROM events"
            " WHERE kind IN ('RequestSent', 'ReplyFinished', 'TryFailed') ORDER BY at, step"
        ).fetchall()
    flying = most = 0
    for _, step in moments:
        flying += step
        most = max(most, flying)
    return most


def test_each_cell_is_decided_as_its_rate_is_and_the_one_that_fits_is_marked(
    messages_server: MessagesServer, store: str
) -> None:
    messages_server.default = Rates({0.1: 0, 0.2: 25, 0.3: 80})
    grid = ("--set-grid", "temperature=0.1,0.2,0.3", "--tolerance", "5", "--concurrency", "3")
    done, lines = swept(messages_server, store, *grid)
    assert done.returncode == 0, done.stderr
    cells = {line["place"]["temperature"]: line for line in lines if line["type"] == "cell"}
    assert {value: cell["decision"] for value, cell in cells.items()} == {
        "0.1": "below",
        "0.2": "in",
        "0.3": "above",
    }
    assert all(cell["stop_reason"] == "decided" for cell in cells.values())
    assert all(cell["decision_error"] == pytest.approx(0.05 / 3) for cell in cells.values())
    assert {"prompt", "suite", "id", "interval", "causes"} <= cells["0.2"].keys()
    closing = lines[-1]
    assert closing["type"] == "sweep"
    assert (closing["cells"], closing["stop_reason"]) == (3, "decided")
    assert closing["in_band"] == [cells["0.2"]["id"]]
    assert f"`0.2` (evaluation {cells['0.2']['id']}) is in the band" in closing["proposal"]
    assert 1 < requests_at_once(store) <= 3

    # Each cell is an ordinary evaluation, and says the same wherever it is looked at.
    history = [
        json.loads(line) for line in dropout_tui("history", "--json", "--store", store).stdout.splitlines()
    ]
    assert {line["decision"] for line in history} == {"below", "in", "above"}
    shown = dropout_tui("show", str(cells["0.2"]["id"]), "--store", store).stdout
    assert "Band 10-40% (tolerance 5 points; error 1.67%, as a cell of a sweep): in" in shown

    # The same command again asks for nothing, and says the same.
    asked = len(messages_server.requests)
    again = dropout_tui(*arguments(messages_server, store, *grid), **KEY)
    assert again.returncode == 0, again.stderr
    assert len(messages_server.requests) == asked
    assert "going on with a sweep that this store has: evaluations 1–3" in again.stderr
    (fitting,) = [line for line in again.stdout.splitlines() if "▶" in line]
    passed, graded = cells["0.2"]["passed"], cells["0.2"]["passed"] + cells["0.2"]["failed"]
    assert f"▶ {passed / graded * 100:.0f} % (" in fitting
    assert f") of {graded} " in fitting
    assert "IN the band" in again.stdout
    required = dropout_tui(*arguments(messages_server, store, *grid, "--require-band"), **KEY)
    assert required.returncode == 0


@pytest.mark.long_run
def test_killed_it_goes_on_where_it_was_and_asks_for_nothing_twice(
    chat_server: ChatServer, store: str
) -> None:
    rates = chat_server.default = Rates({0.1: 10, 0.2: 30}, ChatAnswer)
    rates.most = 9
    options = arguments_of_a_process(chat_server, store, "--runs", "12")
    process = subprocess.Popen(command(*options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert rates.reached.wait(90)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    done = dropout_tui(*options, "--json")
    assert done.returncode == 0, done.stderr
    *cells, closing = map(json.loads, done.stdout.splitlines())
    assert [cell["passed"] + cell["failed"] for cell in cells] == [12, 12]
    assert closing["cells"] == 2
    opened = Store(Path(store))
    states = [opened.state(line.number) for line in opened.history()]
    opened.close()
    assert len(states) == 2
    attempts = [attempt for state in states for trial in state.trials for attempt in trial.attempts]
    answered = [attempt for attempt in attempts if attempt.steps]
    assert [len(trial.attempts[-1].steps) for state in states for trial in state.trials] == [1] * 24
    assert len(answered) == 24, [(one.number, one.verdict, one.phase) for one in attempts]
    # Two were in flight when it was killed, at the most.
    assert 24 <= len(chat_server.requests) <= 26


def test_with_more_runs_it_goes_on_and_asks_only_for_what_is_missing(
    messages_server: MessagesServer, store: str
) -> None:
    rates = messages_server.default = Rates({0.1: 34, 0.2: 50})
    grid = ("--set-grid", "temperature=0.1,0.2", "--concurrency", "1")
    first, begun = swept(messages_server, store, *grid, "--runs", "3")
    assert first.returncode == 0, first.stderr
    assert rates.asked == {0.1: 3, 0.2: 3}
    more, grown = swept(messages_server, store, *grid, "--runs", "6")
    assert more.returncode == 0, more.stderr
    assert rates.asked == {0.1: 6, 0.2: 6}
    assert sorted(line["id"] for line in grown[:-1]) == sorted(line["id"] for line in begun[:-1]) == [1, 2]
    assert [line["passed"] + line["failed"] for line in grown[:-1]] == [6, 6]
    assert [line["stop_reason"] for line in grown] == ["completed"] * 3
    # None is taken away.
    fewer, stays = swept(messages_server, store, *grid, "--runs", "4")
    assert fewer.returncode == 0, fewer.stderr
    assert [line["passed"] + line["failed"] for line in stays[:-1]] == [6, 6]
    assert rates.asked == {0.1: 6, 0.2: 6}


def test_another_tolerance_decides_anew_and_asks_for_no_more_than_that_takes(
    messages_server: MessagesServer, store: str
) -> None:
    rates = messages_server.default = Rates({0.1: 25, 0.2: 25})
    grid = ("--set-grid", "temperature=0.1,0.2", "--concurrency", "1")
    _, begun = swept(messages_server, store, *grid, "--runs", "48")
    assert [line["decision"] for line in begun[:-1]] == ["undecided", "undecided"]
    asked = dict(rates.asked)
    done, lines = swept(messages_server, store, *grid, "--runs", "60", "--tolerance", "8")
    assert done.returncode == 0, done.stderr
    assert [line["decision"] for line in lines[:-1]] == ["in", "in"]
    assert sorted(lines[-1]["in_band"]) == [1, 2]
    assert rates.asked == asked == {0.1: 48, 0.2: 48}
    # Without the tolerance they are open again, and take the runs that are missing.
    undone, lines = swept(messages_server, store, *grid, "--runs", "50")
    assert undone.returncode == 0, undone.stderr
    assert [line["decision"] for line in lines[:-1]] == ["undecided", "undecided"]
    assert rates.asked == {0.1: 50, 0.2: 50}


def test_a_cell_that_can_never_run_says_so_and_the_others_go_on(
    messages_server: MessagesServer, store: str
) -> None:
    known = Rates({0.0: 90})

    def by_model(request: Received) -> Behaviour:
        unknown = request.body["model"] == "b"
        return Failure(404, "not_found_error", "model: b") if unknown else known(request)

    messages_server.default = by_model
    done, lines = swept(messages_server, store, "--models", "a,b", "--temperature", "0", "--runs", "40")
    assert done.returncode == 2
    cells = {line["model"]: line for line in lines if line["type"] == "cell"}
    assert (cells["a"]["decision"], cells["a"]["stop_reason"]) == ("above", "decided")
    assert "--model" in cells["b"]["stop_reason"]
    assert cells["b"]["passed"] + cells["b"]["failed"] + cells["b"]["void"] == 0
    assert sum(request.body["model"] == "b" for request in messages_server.requests) == 1
    assert lines[-1]["proposal"].startswith("every cell that ran is above the band")
    assert "does not know the model 'b'" in done.stderr


def test_a_wrong_key_is_said_by_every_cell(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = Failure(401, "authentication_error", "invalid x-api-key")
    done, lines = swept(messages_server, store, "--set-grid", "temperature=0.1,0.2,0.3", "--runs", "20")
    assert done.returncode == 2
    assert len(messages_server.requests) <= 3
    assert all("check ANTHROPIC_API_KEY" in line["stop_reason"] for line in lines[:-1])
    assert done.stderr.count("check ANTHROPIC_API_KEY") == 1


def test_all_cells_spend_from_one_purse_and_a_larger_one_goes_on(
    messages_server: MessagesServer, store: str
) -> None:
    messages_server.default = Rates({0.1: 0, 0.2: 0})
    grid = ("--set-grid", "temperature=0.1,0.2", "--runs", "20", "--concurrency", "4", "--price", "1000,1000")
    done, lines = swept(messages_server, store, *grid, "--budget", "1")
    assert done.returncode == 2
    assert lines[-1]["stop_reason"] == "budget"
    cells = lines[:-1]
    spent = sum(cell["cost"] for cell in cells)
    assert 0 < spent <= 1
    assert all(cell["passed"] + cell["failed"] < 20 for cell in cells)
    assert "the budget of $1.00 is for " in done.stderr
    assert "so this budget cannot decide anything" in done.stderr
    asked = len(messages_server.requests)
    more, lines = swept(messages_server, store, *grid, "--budget", "50")
    assert more.returncode == 0, more.stderr
    assert lines[-1]["stop_reason"] == "completed"
    assert len(messages_server.requests) == 40 > asked


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_lets_what_is_in_flight_end_and_says_how_to_go_on(chat_server: ChatServer, store: str) -> None:
    rates = chat_server.default = Rates({0.1: 10, 0.2: 10}, ChatAnswer)
    rates.most = 4
    options = arguments_of_a_process(chat_server, store, "--runs", "300")
    done = sent_to_itself(signal.SIGINT, 1, rates.reached, *options)
    assert done.returncode == 130
    assert "the same command goes on with it" in done.stderr
    assert "prompt \\ temperature" in done.stdout
    opened = Store(Path(store))
    states = [opened.state(line.number) for line in opened.history()]
    opened.close()
    assert not any(trial.status is Status.RUNNING for state in states for trial in state.trials)
    outcomes = {
        attempt.verdict.outcome
        for state in states
        for trial in state.trials
        for attempt in trial.attempts
        if attempt.verdict is not None
    }
    assert outcomes <= {Outcome.PASSED, Outcome.FAILED}


def test_a_server_without_room_holds_all_cells_back(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = Rates({0.1: 0, 0.2: 0})
    messages_server.play(*[Failure(429, "rate_limit_error", "slow down", {"retry-after": "0"})] * 3)
    done, lines = swept(messages_server, store, "--set-grid", "temperature=0.1,0.2", "--runs", "5")
    assert done.returncode == 0, done.stderr
    assert [line["void"] for line in lines[:-1]] == [0, 0]
    assert len(messages_server.requests) == 13


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        (("--suites", "sterict"), "--suites: unknown suite 'sterict'"),
        (("--suites", "basic,"), "--suites: 'basic,' has an empty place"),
        (("--prompts", "plain,plain"), "--prompts: plain is there twice"),
        (("--set-grid", "effort"), "--set-grid: 'effort' is not KEY=a,b"),
        (("--set-grid", "efort=low,high"), "--set-grid efort: 'low,high' is not JSON"),
        (
            ("--set-grid", "prompt=plain"),
            "--set-grid: prompt has an option of its own; write --prompts plain",
        ),
        (("--models", "sample", "--runs", "none"), "--runs: 'none' is not a whole number"),
    ],
)
def test_a_grid_that_cannot_be_is_one_line_and_nothing_is_stored(
    store: str, grid: tuple[str, ...], words: str
) -> None:
    done = dropout_tui("sweep", *grid, "--store", store)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Path(store).exists()


def test_the_built_in_answers_are_swept_over_tasks_of_which_one_lacks_a_suite(store: str) -> None:
    done = dropout_tui(
        "sweep", "--tasks", "dropout,softmax", "--suites", "basic,hard", "--runs", "3", "--seed", "1",
        "--model", "sample", "--store", store,
    )  # fmt: skip
    assert "sample answers are built in" in done.stdout
    assert "Sweeping 4 cells (2 tasks × 2 suites), at most 3 runs each..." in done.stdout
    assert "task \\ suite" in done.stdout
    with sqlite3.connect(store) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM evaluations").fetchone()
    assert stored == 4 - done.stdout.count("✗ cannot run")
    assert done.returncode == (2 if stored < 4 else 0)
