"""Answers that are stored and could not be run: they are graded later, and nobody is asked again."""

from __future__ import annotations

import errno
from functools import partial
from pathlib import Path

import pytest

from dropout_core.running.graders.regrading import NOT_GRADED, regrade
from dropout_core.running.trials.ungraded_answers import IN_A_ROW
from dropout_core.sandbox import SandboxBroken
from dropout_core.sandbox.processes.ending import TOO_BUSY, Starved
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.values.files.file_limit import BESIDE_REQUESTS, requests_that_fit
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.labels import mark_of_trial
from tests.core.attempts.test_attempt import SUBMITTED, calls, expression, submit
from tests.core.bench import FAILING, PASSING, Bench, WordGrading, bench

BROKEN = "cannot start a sandbox process: Too many open files"


async def answered_and_not_graded(b: Bench, runs: int) -> None:
    b.grading.broken = BROKEN
    for trial in range(1, runs + 1):
        b.model.answer(trial, PASSING if trial % 2 else FAILING)
    b.evaluation.start()
    await b.evaluation.finished()


async def test_they_are_not_void_and_are_graded_without_asking_again(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2) as b:
        await answered_and_not_graded(b, 2)
        assert b.state.tally.void == 0
        assert b.statuses() == ["queued", "queued"]
        assert [mark_of_trial(trial).word for trial in b.state.trials] == ["to grade", "to grade"]
        assert b.state.stop_reason == f"2 answers are stored and could not be graded: {BROKEN}"
        asked = list(b.model.asked)

        b.grading.broken = None
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "failed"]
        assert [len(trial.attempts) for trial in b.state.trials] == [1, 1]
        assert b.state.stop_reason == COMPLETED
        assert b.model.asked == asked


async def test_a_repeated_answer_is_not_counted_among_them(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2) as b:
        await answered_and_not_graded(b, 2)
        b.grading.broken = None
        b.model.answer(1, PASSING, attempt=2)
        b.evaluation.rerun(1)
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "queued"]
        assert b.state.stop_reason == f"1 answer is stored and could not be graded: {BROKEN}"


def waits_to_be_graded(b: Bench, trial: int) -> bool:
    state = b.state.trial(trial)
    return state.queued and state.latest is not None


async def test_a_cancelled_answer_is_not_counted_among_them(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3) as b:
        b.grading.broken = BROKEN
        b.evaluation.start()
        for trial in (1, 2):
            b.model.answer(trial, PASSING)
            await b.until(partial(waits_to_be_graded, b, trial))
        assert b.evaluation.cancel(1) is None
        b.grading.broken = None
        b.model.answer(3, PASSING)
        await b.evaluation.finished()
        assert b.statuses() == ["void", "queued", "passed"]
        assert b.state.stop_reason == f"1 answer is stored and could not be graded: {BROKEN}"


async def test_no_more_answers_are_requested_while_none_can_be_graded(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=20, concurrency=1) as b:
        await answered_and_not_graded(b, 20)
        assert len(b.model.asked) == IN_A_ROW
        assert b.state.tally.count(Status.QUEUED) == 20


async def test_they_are_graded_by_the_next_program(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2) as b:
        await answered_and_not_graded(b, 2)
        asked = len(b.model.asked)
        stored: EvaluationState = b.store.state(1)
        again = Bench(b.store, 1, stored, reopened=True)
        again.evaluation.start()
        await again.evaluation.finished()
        assert again.statuses() == ["passed", "failed"]
        assert again.model.asked == []
        assert len(b.model.asked) == asked
        await again.evaluation.close()


async def test_regrade_grades_them_too(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2) as b:
        await answered_and_not_graded(b, 2)
        found = [one async for one in regrade(b.state, WordGrading(), lambda *_: ())]
        assert [(one.before.outcome, one.before.reason) for one in found] == [(Outcome.VOID, NOT_GRADED)] * 2
        assert [one.after.outcome for one in found] == [Outcome.PASSED, Outcome.FAILED]


@pytest.mark.parametrize(
    "fault", [SandboxBroken(BROKEN), OSError(errno.EMFILE, "Too many open files"), MemoryError()], ids=repr
)
async def test_an_agent_whose_expression_could_not_be_run_goes_on_from_there(
    tmp_path: Path, fault: Exception
) -> None:
    async with bench(tmp_path, runs=20, concurrency=1, mode="agent") as b:
        b.calculator.broken = fault
        for trial in range(1, 21):
            b.model.answer(trial, calls(expression("1 + 1")))
            b.model.answer(trial, calls(submit(SUBMITTED)), step=2)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.tally.void == 0
        assert b.state.tally.count(Status.QUEUED) == 20
        assert str(b.state.stop_reason).startswith(f"{IN_A_ROW} runs are stored and could not go on: ")

        b.calculator.broken = None
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.tally.passed == 20
        assert len(b.model.asked) == 2 * 20  # the first replies of the first three were not asked for again
        assert {len(trial.attempts) for trial in b.state.trials} == {1}


async def test_an_agent_whose_expression_got_no_processor_is_void(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1, mode="agent") as b:
        b.calculator.broken = Starved()
        b.model.answer(1, calls(expression("1 + 1")))
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.statuses() == ["void"]


async def test_a_machine_that_is_too_busy_makes_a_void_run(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.grading.broken = TOO_BUSY
        b.model.answer(1, PASSING)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.statuses() == ["void"]


@pytest.mark.parametrize(("files", "requests"), [(256, 256 - BESIDE_REQUESTS), (BESIDE_REQUESTS, 1), (10, 1)])
def test_requests_leave_room_for_what_else_is_open(files: int, requests: int) -> None:
    assert requests_that_fit(files) == requests
