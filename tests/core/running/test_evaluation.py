"""Scheduling, and what pause, resume, cancel and rerun mean."""

from dataclasses import replace
from pathlib import Path

import pytest

from dropout_core.models import ModelError, ModelUnusable
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.state.events import (
    AttemptStarted,
    EvaluationEnded,
    EvaluationStarted,
    TextArrived,
    VerdictReached,
)
from dropout_core.state.trial_state import Status
from dropout_core.statistics.pass_rate import Band
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan
from dropout_core.verdict.packed_checks import PackedChecks
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.core.bench import FAILING, PASSING, Bench, bench, config


async def test_trials_run_at_once_up_to_the_limit_and_start_in_order(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=5, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        assert b.statuses() == ["running", "running", "queued", "queued", "queued"]
        b.model.answer(2, PASSING)
        await b.until(lambda: len(b.model.asked) == 3)
        assert b.model.asked == [(1, 1), (2, 1), (3, 1)]
        for trial in (1, 3, 4, 5):
            b.model.answer(trial, FAILING)
        await b.evaluation.finished()
        assert b.statuses() == ["failed", "passed", "failed", "failed", "failed"]
        assert b.state.stop_reason == "completed"
        assert (b.state.tally.passed, b.state.tally.failed, b.state.pass_rate) == (1, 4, 0.2)


async def test_sequential_runs_one_after_the_other(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, sequential=True) as b:
        for trial in (3, 2, 1):
            b.model.answer(trial, PASSING)
        b.evaluation.start()
        await b.evaluation.finished()
        ended = [event.trial for event in b.events if isinstance(event, VerdictReached)]
        assert ended == [1, 2, 3]


async def test_the_limit_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=4, concurrency=1) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 1)
        b.evaluation.set_concurrency(3)
        await b.until(lambda: len(b.model.asked) == 3)
        b.evaluation.set_concurrency(0)
        await b.until(lambda: b.state.limit == 1)
        b.model.answer(1, PASSING)
        b.model.answer(2, PASSING)
        await b.reads("passed", "passed", "running", "queued")
        assert len(b.model.asked) == 3
        b.model.answer(3, PASSING)
        await b.until(lambda: len(b.model.asked) == 4)


async def test_every_change_of_the_limit_counts_however_fast_they_come(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=4, concurrency=1) as b:
        b.evaluation.start()
        b.evaluation.pause()
        assert [b.evaluation.change_concurrency(by) for by in (1, 1, 1, -1, 1)] == [2, 3, 4, 3, 4]
        await b.until(lambda: b.state.limit == 4)
        assert [b.evaluation.change_concurrency(-1) for _ in range(5)] == [
            3,
            2,
            1,
            *["1 at once is the limit already."] * 2,
        ]
        await b.until(lambda: b.state.limit == 1)


async def test_everything_is_stored_before_it_is_shown(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        seen: list[EvaluationState] = []
        b.journal.listen(lambda _: seen.append(b.store.state(b.journal.evaluation)))
        b.model.answer(1, PASSING)
        b.evaluation.start()
        await b.evaluation.finished()
        stored = b.store.state(b.journal.evaluation)
        assert [a.verdict for a in stored.trials[0].attempts] == [
            a.verdict for a in b.state.trials[0].attempts
        ]
        assert stored == b.state
        assert seen[-1] == b.state
        roles = [turn.role for turn in b.store.conversation(b.journal.evaluation, 1, 1)]
        assert roles == ["user", "assistant"]
        pieces = [event.text for event in b.events if isinstance(event, TextArrived)]
        assert "".join(pieces) == PASSING


async def test_what_is_kept_of_a_verdict_while_it_runs_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand verdicts with their evidence would take hundreds of megabytes."""
    reached = Verdict(
        Outcome.PASSED,
        "All tests passed!",
        "basic",
        7,
        "scripted",
        (Check("runs", "Runs", CheckStatus.PASSED, "It runs"),),
    )

    async def grade(*_: object, **__: object) -> Verdict:
        return reached

    async with bench(tmp_path, runs=1) as b:
        monkeypatch.setattr(b.grading, "grade", grade)
        b.model.answer(1, PASSING)
        b.evaluation.start()
        await b.evaluation.finished()
        kept = b.state.trial(1).attempts[0].verdict
        assert kept == reached
        assert isinstance(kept.checks, PackedChecks)


async def test_a_running_trial_pauses_at_its_next_boundary_and_gives_its_slot_away(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.pause(1)
        b.evaluation.pause(1)
        await b.reads("pausing", "queued")
        b.model.answer(1, PASSING)
        await b.reads("paused", "running")
        assert b.grading.asked == []
        b.model.answer(2, FAILING)
        await b.reads("paused", "failed")
        b.evaluation.resume(1)
        b.evaluation.resume(1)
        await b.reads("passed", "failed")
        assert b.model.asked == [(1, 1), (2, 1)]


async def test_a_resumed_trial_waits_for_a_slot(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.pause(1)
        b.model.answer(1, PASSING)
        await b.reads("paused", "running")
        b.evaluation.resume(1)
        await b.reads("queued", "running")
        b.model.answer(2, PASSING)
        await b.reads("passed", "passed")


async def test_a_pause_taken_back_in_time_changes_nothing(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.pause(1)
        await b.reads("pausing")
        b.evaluation.resume(1)
        await b.reads("running")
        b.model.answer(1, PASSING)
        await b.reads("passed")


async def test_pausing_all_holds_also_what_has_not_started(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.pause()
        b.model.answer(1, PASSING)
        await b.reads("paused", "paused", "paused")
        await b.evaluation.finished()
        assert b.state.ended_at is None
        b.model.answer(2, PASSING)
        b.model.answer(3, PASSING)
        b.evaluation.resume()
        await b.reads("passed", "passed", "passed")


async def test_cancel_ends_the_attempt_as_void_and_others_go_on(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.cancel(1)
        b.evaluation.cancel(1)
        b.evaluation.cancel(3)
        await b.until(lambda: b.statuses() == ["void", "running", "void"])
        b.model.answer(2, PASSING)
        await b.evaluation.finished()
        assert (b.state.tally.void, b.state.tally.graded) == (2, 1)
        verdict = b.state.trial(1).attempts[0].verdict
        assert verdict is not None
        assert verdict.reason == "cancelled by the user"


async def test_cancel_right_after_start_leaves_no_slot_taken(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=1) as b:
        b.evaluation.start()
        b.evaluation.cancel(1)
        b.model.answer(2, PASSING)
        await b.evaluation.finished()
        assert b.statuses() == ["void", "passed"]


async def test_cancelling_a_paused_trial(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.pause(1)
        b.model.answer(1, PASSING)
        await b.reads("paused")
        b.evaluation.cancel(1)
        await b.reads("void")
        await b.evaluation.finished()
        assert b.state.settled


async def test_a_rerun_is_a_new_attempt_and_the_first_graded_one_counts(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.model.answer(1, FAILING)
        b.model.answer(1, PASSING, attempt=2)
        b.evaluation.start()
        await b.evaluation.finished()
        b.evaluation.rerun(1)
        b.evaluation.rerun(1)
        await b.reads("passed")
        await b.evaluation.finished()
        trial = b.state.trial(1)
        assert len(trial.attempts) == 2
        assert trial.counted is trial.attempts[0]
        assert (b.state.tally.passed, b.state.tally.failed) == (0, 1)
        assert trial.attempts[0].seed != trial.attempts[1].seed
        assert [type(e) for e in b.events].count(EvaluationEnded) == 2


async def test_a_rerun_of_a_void_trial_counts(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.model.answer(1, ModelError("API overloaded, gave up after 8 tries"))
        b.model.answer(1, PASSING, attempt=2)
        b.evaluation.start()
        await b.reads("void")
        assert b.state.tally.void == 1
        b.evaluation.rerun(1)
        await b.reads("passed")
        assert (b.state.tally.passed, b.state.tally.void) == (1, 0)


async def test_a_rerun_of_a_running_trial_keeps_the_old_attempt_as_void(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=1) as b:
        b.model.answer(1, PASSING, attempt=2)
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.rerun(1)
        await b.reads("passed")
        first = b.state.trial(1).attempts[0].verdict
        assert first is not None
        assert (first.outcome, first.reason) == (Outcome.VOID, "replaced by a rerun")


async def test_rerunning_all_repeats_what_has_ended(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=2) as b:
        b.evaluation.start()
        b.model.answer(1, PASSING)
        await b.until(lambda: len(b.model.asked) == 3)
        b.evaluation.rerun()
        for trial in (2, 3):
            b.model.answer(trial, FAILING)
        b.model.answer(1, FAILING, attempt=2)
        await b.until(lambda: b.state.settled)
        assert [len(trial.attempts) for trial in b.state.trials] == [2, 1, 1]


@pytest.mark.parametrize("error", [ModelError("connection lost"), ValueError("a fault of this program")])
async def test_one_trials_trouble_never_ends_another(tmp_path: Path, error: Exception) -> None:
    async with bench(tmp_path, runs=3) as b:
        b.model.answer(1, PASSING)
        b.model.answer(2, error)
        b.model.answer(3, FAILING)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "void", "failed"]
        verdict = b.state.trial(2).attempts[0].verdict
        assert verdict is not None
        assert str(error) in verdict.reason


async def test_an_unusable_model_stops_everything_with_one_line_and_no_verdicts(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=4, concurrency=2) as b:
        b.model.answer(1, ModelUnusable("the server refused the key (401)"))
        b.model.answer(2, PASSING)
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.stop_reason == "the server refused the key (401)"
        assert b.statuses()[2:] == ["queued", "queued"]
        assert b.state.tally.void == 0
        for trial in (1, 2, 3, 4):
            for attempt in (1, 2):
                b.model.answer(trial, FAILING, attempt=attempt)
        b.evaluation.start()
        await b.until(lambda: b.state.settled)
        assert b.state.tally.graded == 4


async def test_stopping_lets_what_is_in_flight_end(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=1) as b:
        b.evaluation.start()
        await b.until(lambda: b.model.asked == [(1, 1)])
        b.evaluation.stop("interrupted")
        b.model.answer(1, PASSING)
        await b.evaluation.finished()
        assert b.statuses() == ["passed", "queued", "queued"]
        assert b.state.stop_reason == "interrupted"
        assert b.store.newest_unfinished() == b.journal.evaluation


async def test_cut_off_attempts_start_over(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.cut_off("interrupted")
        await b.evaluation.finished()
        assert b.statuses() == ["queued", "queued"]
        for trial in (1, 2):
            b.model.answer(trial, PASSING, attempt=2)
        b.evaluation.start()
        await b.until(lambda: b.state.settled)
        assert [len(trial.attempts) for trial in b.state.trials] == [2, 2]
        assert b.state.tally.void == 0


async def test_until_decided_starts_nothing_more_once_it_is(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=40, concurrency=1, until_decided=True) as b:
        for trial in range(1, 41):
            b.model.answer(trial, f"{PASSING}\nThis is answer {trial}.")
        b.evaluation.start()
        await b.evaluation.finished()
        assert b.state.stop_reason == "decided"
        assert b.state.decision == "above"
        assert b.state.tally.graded == len(b.model.asked) == 5


async def test_a_tolerance_decides_at_once_what_the_runs_show_with_it(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=30, concurrency=1, until_decided=True, band=Band(0.4, 0.9)) as b:
        for trial in range(1, 21):
            b.model.answer(trial, f"{PASSING if trial % 4 else FAILING}\nThis is answer {trial}.")
        b.evaluation.start()
        await b.until(lambda: b.state.tally.graded == 20 and len(b.model.asked) == 21)
        assert b.state.decision == "undecided"
        plan = Plan.of(b.state.config)
        why = b.evaluation.change_plan(replace(plan, tolerance=0.25))
        assert why == "a tolerance of 25 points leaves nothing of the band 40-90; give less than 25"
        assert b.evaluation.change_plan(replace(plan, tolerance=0.1)) is None
        assert b.evaluation.change_plan(replace(plan, tolerance=0.1)) == "That is so already."
        await b.until(lambda: b.state.config.tolerance == 0.1)
        assert b.state.decision == "in"
        b.model.answer(21, PASSING)
        await b.evaluation.finished()
        assert (b.state.stop_reason, b.state.tally.graded) == ("decided", 21)
    store = Store(tmp_path / "store.sqlite3")
    assert store.state(1).config.tolerance == 0.1
    (line,) = store.listing().readable
    assert (line.config.tolerance, line.decision) == (0.1, "in")
    store.close()


async def test_an_interrupted_evaluation_goes_on_where_it_was(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=4, concurrency=2) as b:
        b.model.answer(1, PASSING)
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 3)
        b.evaluation.pause(4)
        await b.until(lambda: b.statuses()[3] == "paused")
        number = b.journal.evaluation
    store = Store(tmp_path / "store.sqlite3")
    again = Bench(store, number, store.state(number))
    try:
        assert again.statuses() == ["passed", "running", "running", "paused"]
        again.evaluation.start()
        for trial in (2, 3):
            again.model.answer(trial, FAILING, attempt=2)
        await again.reads("passed", "failed", "failed", "paused")
        again.evaluation.resume(4)
        again.model.answer(4, PASSING)
        await again.reads("passed", "failed", "failed", "passed")
        assert again.model.asked == [(2, 2), (3, 2), (4, 1)]
    finally:
        await again.evaluation.close()
        store.close()


async def test_a_failing_store_stops_the_evaluation_with_an_error(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.store.close()
        b.model.answer(1, PASSING)
        with pytest.raises(Exception, match="cannot use the store"):
            await b.evaluation.finished()
        assert Status.PASSED not in [trial.status for trial in b.state.trials]


async def test_attempts_have_seeds_that_follow_from_the_evaluations(tmp_path: Path) -> None:
    seeds = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        async with bench(tmp_path / folder, runs=3) as b:
            for trial in (1, 2, 3):
                b.model.answer(trial, PASSING)
            b.evaluation.start()
            await b.evaluation.finished()
            seeds.append({e.trial: e.seed for e in b.events if isinstance(e, AttemptStarted)})
    assert seeds[0] == seeds[1]
    assert len(set(seeds[0].values())) == 3


async def test_a_rerun_asked_before_stopping_begins_nothing_after_it(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=2, concurrency=2) as b:
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.rerun(1)
        b.evaluation.stop()
        b.model.answer(2, PASSING)
        await b.evaluation.finished()
        assert b.model.asked == [(1, 1), (2, 1)]
        assert b.statuses() == ["queued", "passed"]
        b.evaluation.rerun(1)
        await b.until(lambda: (1, 2) in b.model.asked)


async def test_what_is_under_way_goes_on_before_what_may_not_begin(tmp_path: Path) -> None:
    async with bench(tmp_path, runs=3, concurrency=3, max_tokens=100, max_total_tokens=300) as b:
        b.evaluation.pause(1)
        b.evaluation.start()
        await b.until(lambda: len(b.model.asked) == 2)
        b.evaluation.pause(2)
        b.model.answer(2, PASSING)
        await b.until(lambda: b.statuses()[1] == "paused")
        b.evaluation.resume(1)
        b.evaluation.resume(2)
        await b.until(lambda: b.statuses()[1] == "passed")
        b.model.answer(3, PASSING)
        await b.evaluation.finished()
        assert b.statuses() == ["queued", "passed", "passed"]
        assert b.state.stop_reason == "budget"


async def test_the_time_a_program_was_off_does_not_count(tmp_path: Path) -> None:
    hour = 3600.0
    store = Store(tmp_path / "store.sqlite3")
    set_up = EvaluationStarted(at=hour, config=config(runs=1))
    one = Bench(store, store.create(set_up), begin(set_up), clock=lambda: hour)
    one.evaluation.start()
    await one.until(lambda: len(one.model.asked) == 1)
    one.evaluation.pause()
    one.model.answer(1, PASSING)
    await one.reads("paused")
    await one.evaluation.close()

    again = Bench(store, 1, store.state(1), clock=lambda: 9 * hour, reopened=True)
    again.evaluation.start()
    await again.until(lambda: bool(again.events))
    assert again.state.seconds(9 * hour) == 0.0
    await again.evaluation.close()
    store.close()
