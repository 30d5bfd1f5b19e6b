"""A program that is killed between any two steps of a batch submits nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from tests.batches_server import DROP, BatchesServer, Call, Instead
from tests.core.batch_run import in_process
from tests.core.bench import PASSING
from tests.messages_server import Answer

RUNS = 4
PATIENCE = 400
"""Seconds after which a process is taken to hang."""
pytestmark = pytest.mark.timeout(1_000)  # it starts five processes, as slowly as the machine is busy


@pytest.fixture(autouse=True)
def a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")


def stored(path: Path) -> EvaluationState:
    store = Store(path / "store.sqlite3")
    try:
        return store.state(1)
    finally:
        store.close()


def answered(state: EvaluationState) -> list[int]:
    """Trials whose reply is stored."""
    return [trial.number for trial in state.trials if trial.latest and trial.latest.steps]


class Killer:
    """Runs the program again and again, and kills it at the step that is wanted."""

    def __init__(self, path: Path, server: BatchesServer) -> None:
        self._path = path
        self._server = server
        self._process: BaseProcess | None = None

    def kill_at(self, hook: str, wanted: Callable[[Call], bool]) -> EvaluationState:
        """Run it until the server sees such a call; what is stored when it has been killed."""
        killed = False

        def kill(call: Call) -> Instead:
            nonlocal killed
            if killed or not wanted(call):
                return None
            killed = True
            self._kill()
            return DROP

        setattr(self._server, hook, kill)
        self._run()
        setattr(self._server, hook, lambda _: None)
        assert killed
        return stored(self._path)

    def kill_after_the_first_result(self) -> EvaluationState:
        """Run it until one of several results has been stored."""
        lines = 0

        def line_sent() -> None:
            nonlocal lines
            lines += 1
            if lines == 1:
                _until(lambda: answered(stored(self._path)))
                self._kill()

        self._server.line_sent_hook = line_sent
        self._run()
        self._server.line_sent_hook = lambda: None
        return stored(self._path)

    def to_its_end(self) -> EvaluationState:
        self._run()
        assert self._process is not None
        assert self._process.exitcode == 0
        return stored(self._path)

    def _run(self) -> None:
        self._process = in_process(self._path, self._server.url, runs=RUNS)
        self._process.join(PATIENCE)
        assert self._process.exitcode is not None

    def _kill(self) -> None:
        _until(lambda: self._process is not None and self._process.pid)
        assert self._process is not None
        self._process.kill()
        self._process.join(PATIENCE)


def _until(reached: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not reached() and time.monotonic() < give_up:
        time.sleep(0.01)


def test_nothing_is_submitted_twice_wherever_the_program_is_killed(tmp_path: Path) -> None:
    with BatchesServer(lambda _: Answer(PASSING)) as server:
        server.hold()
        killer = Killer(tmp_path, server)

        # The intent is stored, and the request is on its way: the server never carries it out.
        state = killer.kill_at("meddle", lambda call: call.kind == "create")
        (planned,) = state.batches
        assert (planned.id, planned.requests, planned.dropped) == (None, RUNS, None)
        assert not server.batches

        # It was not among the server's batches, so it is submitted; carried out, and the answer is lost.
        state = killer.kill_at("meddle_after", lambda call: call.kind == "create")
        assert [batch.dropped for batch in state.batches] == ["never submitted", None]
        assert state.batches[1].id is None
        assert len(server.batches) == 1

        # What may be it has not ended. It is waited for, and looked at when it has.
        looks = 0

        def wanted(call: Call) -> bool:
            nonlocal looks
            looks += call.kind == "list"
            if looks == 3:
                server.finish()
            return call.kind == "retrieve"

        state = killer.kill_at("meddle", wanted)
        assert [batch.id for batch in state.batches] == [None, server.batches[0].id]

        # Now its id is stored, and the results are killed in the middle.
        state = killer.kill_after_the_first_result()
        assert 0 < len(answered(state)) < RUNS

        state = killer.to_its_end()
        assert [trial.status for trial in state.trials] == [Status.PASSED] * RUNS
        assert [len(trial.attempts) for trial in state.trials] == [1] * RUNS
        assert state.tally.output_tokens == 34 * RUNS
        assert not state.tally.estimated
        assert len(server.batches) == 1
        assert server.kinds().count("create") == 2
        assert len(server.submitted) == RUNS
        # Whoever looks at the server sees what each request is of.
        assert {
            id_.split("-")[1:4] == ["1", str(trial), "1"] for trial, id_ in enumerate(server.submitted, 1)
        } == {True}
