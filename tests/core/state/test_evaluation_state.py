"""The fold: what is so follows from what events."""

import json
from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state import events
from dropout_core.state.evaluation_state import CheckTally, EvaluationState, begin, evolve, replay
from dropout_core.state.events import Event, body_of, event_from
from dropout_core.state.settled_prefix import settled_prefix
from dropout_core.state.trial_state import Phase, Status, StepTaken, Wait
from dropout_core.statistics.pass_rate import Decision
from dropout_core.tasks.dropout import BASIC
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.core.bench import config

RUNS = 4


def verdict(outcome: Outcome, failing: int | None = None, cause: str | None = None) -> Verdict:
    checks: tuple[Check, ...] = ()
    if outcome is not Outcome.VOID and cause is None:
        checks = tuple(
            Check(
                requirement.id,
                requirement.title,
                CheckStatus.FAILED if index == failing else CheckStatus.PASSED,
                "message",
            )
            for index, requirement in enumerate(BASIC)
        )
    return Verdict(outcome, "reason", "basic", 1, "basic", checks, cause=cause)


verdicts = st.one_of(
    st.just(verdict(Outcome.PASSED)),
    st.integers(0, 7).map(lambda failing: verdict(Outcome.FAILED, failing)),
    st.sampled_from(["no_code", "cut_off", "refusal:bio"]).map(
        lambda cause: verdict(Outcome.FAILED, cause=cause)
    ),
    st.just(verdict(Outcome.VOID)),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What an evaluation may record, in an order it may record it."""
    clock = 0.0
    history: list[Event] = [events.EvaluationStarted(at=clock, config=config(runs=RUNS))]
    state = begin(history[0])  # type: ignore[arg-type]

    def record(event: Event) -> None:
        nonlocal state
        history.append(event)
        state = evolve(state, event)

    for _ in range(draw(st.integers(0, 40))):
        clock += draw(st.floats(0, 5))
        if draw(st.integers(0, 9)) == 0:
            since, clock = clock, clock + draw(st.floats(0, 5))
            record(events.StoreHealed(at=clock, since=since))
        trial = state.trial(draw(st.integers(1, RUNS)))
        stamp: dict[str, Any] = {"at": clock, "trial": trial.number}
        number = len(trial.attempts)
        match trial.status:
            case Status.QUEUED:
                if trial.attempts and trial.attempts[-1].verdict is None:
                    record(events.AttemptContinued(**stamp))
                elif draw(st.booleans()):
                    record(events.AttemptStarted(**stamp, attempt=number + 1, seed=number))
                else:
                    record(events.PauseAsked(**stamp))
                    record(events.Paused(**stamp))
            case Status.RUNNING | Status.PAUSING:
                step = draw(st.integers(1, 3))
                stamped = {**stamp, "attempt": number}
                record(
                    draw(
                        st.sampled_from(
                            [
                                events.RequestSent(**stamped, step=step),
                                events.RequestHeld(
                                    **stamped, step=step, reason="API rate limited",
                                    seconds=draw(st.none() | st.floats(0, 60)), failures=1, max_tries=8,
                                ),
                                events.TryFailed(
                                    **stamped, step=step, reason="API rate limited", discarded_text=True,
                                    input_tokens=5, output_tokens=2,
                                ),
                                events.ConcurrencyAdapted(at=clock, allowed=draw(st.integers(1, state.limit))),
                                events.TextArrived(**stamped, step=step, text="def"),
                                events.ReplyFinished(
                                    **stamped, step=step, model="m",
                                    stop_reason=draw(st.sampled_from(["end_turn", "max_tokens"])),
                                    input_tokens=7, output_tokens=3, seconds=1.0,
                                ),
                                events.ToolCalled(**stamped, step=step, name="python_expression"),
                                events.CodeFound(**stamped, code="code", origin="fence"),
                                events.GradingStarted(**stamped),
                                events.PauseAsked(**stamp),
                                events.Paused(**stamp) if trial.status is Status.PAUSING
                                else events.PauseAsked(**stamp),
                                events.VerdictReached(**stamped, verdict=draw(verdicts)),
                            ]
                        )
                    )
                )  # fmt: skip
            case Status.PAUSED:
                record(events.Resumed(**stamp))
            case _:
                record(events.TrialQueued(**stamp))
    return history


@given(histories())
def test_counts_kept_along_the_way_are_those_counted_afresh(history: list[Event]) -> None:
    state = replay(history)
    tally = state.tally
    for status in Status:
        assert tally.count(status) == sum(trial.status is status for trial in state.trials)
    counted = [trial.counted for trial in state.trials]
    outcomes = [attempt.verdict.outcome for attempt in counted if attempt is not None and attempt.verdict]
    assert (tally.passed, tally.failed) == (outcomes.count(Outcome.PASSED), outcomes.count(Outcome.FAILED))
    assert tally.void == sum(t.status is Status.VOID and t.counted is None for t in state.trials)
    verdicts = [attempt.verdict for attempt in counted if attempt is not None and attempt.verdict]
    assert tally.task_unrelated == sum(verdict.task_related is False for verdict in verdicts)
    assert tally.cut_off == sum(
        attempt.stop_reason == "max_tokens" or attempt.verdict.cause == "cut_off"
        for attempt in counted
        if attempt is not None and attempt.verdict is not None
    )
    attempts = [attempt for trial in state.trials for attempt in trial.attempts]
    assert tally.input_tokens == sum(attempt.input_tokens for attempt in attempts)
    assert tally.output_tokens == sum(attempt.output_tokens for attempt in attempts)
    assert tally.ended == sum(attempt.verdict is not None for attempt in attempts)
    fresh: dict[str, list[bool]] = {}
    for attempt in counted:
        if attempt is not None and attempt.verdict is not None:
            for check in attempt.verdict.checks:
                fresh.setdefault(check.id, []).append(check.status is CheckStatus.FAILED)
            if attempt.verdict.task_related is False:
                assert attempt.verdict.cause is not None
                fresh.setdefault(attempt.verdict.cause, []).append(True)
    assert {name: (t.reached, t.failed) for name, t in state.checks} == {
        name: (len(failed), sum(failed)) for name, failed in fresh.items()
    }


@given(histories())
def test_only_a_trial_without_a_slot_gains_no_time(history: list[Event]) -> None:
    state = replay(history)
    late = history[-1].at + 1000
    for trial in state.trials:
        for attempt in trial.attempts:
            assert attempt.seconds(late) >= 0
            if attempt is not trial.latest or trial.status not in (Status.RUNNING, Status.PAUSING):
                assert attempt.busy_since is None


@given(histories())
def test_fleeting_events_do_not_change_the_final_state(history: list[Event]) -> None:
    stored = [event for event in history if not isinstance(event, events.FLEETING)]

    def without_phases(state: EvaluationState) -> list[object]:
        return [
            (t.status, [(a.verdict, a.code, a.tokens, a.busy_seconds) for a in t.attempts])
            for t in state.trials
        ]

    assert without_phases(replay(stored)) == without_phases(replay(history))


@given(histories())
def test_events_come_back_from_json_as_they_were(history: list[Event]) -> None:
    for event in history:
        body = json.loads(json.dumps(body_of(event)))
        back = event_from(
            type(event).__name__,
            event.at,
            getattr(event, "trial", None),
            getattr(event, "attempt", None),
            body,
        )
        assert back == event


def test_evolving_leaves_the_earlier_state_alone() -> None:
    before = begin(events.EvaluationStarted(at=0.0, config=config(runs=2)))
    after = evolve(before, events.AttemptStarted(at=1.0, trial=1, attempt=1, seed=3))
    assert before.trials[0].attempts == ()
    assert after.trials[0].status is Status.RUNNING
    assert after.trials[1] is before.trials[1]


def run_through(*history: Event) -> EvaluationState:
    return reduce(evolve, history, begin(events.EvaluationStarted(at=0.0, config=config(runs=2))))


def test_pauses_do_not_count_as_time() -> None:
    state = run_through(
        events.AttemptStarted(at=1.0, trial=1, attempt=1, seed=3),
        events.PauseAsked(at=2.0, trial=1),
        events.Paused(at=4.0, trial=1),
        events.Resumed(at=100.0, trial=1),
        events.AttemptContinued(at=110.0, trial=1),
        events.VerdictReached(at=111.0, trial=1, attempt=1, verdict=verdict(Outcome.PASSED)),
    )
    assert state.trial(1).attempts[0].seconds(500.0) == 4.0


def test_a_request_waits_until_it_is_sent_and_what_a_failed_try_cost_is_spent() -> None:
    stamp: dict[str, Any] = {"trial": 1, "attempt": 1}
    held = events.RequestHeld(
        at=12.0, **stamp, step=1, reason="API rate limited", seconds=4.0, failures=1, max_tries=8
    )
    state = run_through(
        events.AttemptStarted(at=10.0, **stamp, seed=1),
        events.RequestSent(at=10.0, **stamp, step=1),
        events.TryFailed(
            at=12.0, **stamp, step=1, reason="API rate limited", discarded_text=False,
            input_tokens=12, output_tokens=3,
        ),
        held,
    )  # fmt: skip
    waiting = state.trial(1).attempts[0]
    assert waiting.phase is Phase.WAITING
    assert waiting.wait == Wait("API rate limited", 16.0, 1, 8)
    assert (waiting.tokens, waiting.failed_tries, state.tally.input_tokens) == (15, 1, 12)

    asking = evolve(state, events.RequestSent(at=16.0, **stamp, step=1)).trial(1).attempts[0]
    assert (asking.phase, asking.wait) == (Phase.ASKING, None)


def test_what_may_be_in_flight_follows_the_limit_unless_it_is_held_back() -> None:
    free = run_through(events.ConcurrencyChanged(at=1.0, limit=20))
    assert (free.limit, free.allowed) == (20, 20)
    held = evolve(free, events.ConcurrencyAdapted(at=2.0, allowed=7))
    assert (held.limit, held.allowed) == (20, 7)
    raised = evolve(held, events.ConcurrencyChanged(at=3.0, limit=30))
    assert (raised.limit, raised.allowed) == (30, 7)
    lowered = evolve(held, events.ConcurrencyChanged(at=3.0, limit=5))
    assert (lowered.limit, lowered.allowed) == (5, 5)


def test_late_events_of_an_earlier_attempt_change_nothing() -> None:
    started = run_through(
        events.AttemptStarted(at=1.0, trial=1, attempt=1, seed=3),
        events.AttemptStarted(at=2.0, trial=1, attempt=2, seed=4),
    )
    assert evolve(started, events.GradingStarted(at=3.0, trial=1, attempt=1)) == started


def test_the_first_to_fail_is_counted_apart_from_all_that_fail() -> None:
    both = Verdict(
        Outcome.FAILED, "r", "basic", 1, "basic",
        (Check("shape", "S", CheckStatus.FAILED, ""), Check("rate", "R", CheckStatus.FAILED, ""),
         Check("scaling", "X", CheckStatus.NOT_REACHED, "")),
    )  # fmt: skip
    state = run_through(
        events.AttemptStarted(at=1.0, trial=1, attempt=1, seed=3),
        events.VerdictReached(at=2.0, trial=1, attempt=1, verdict=both),
    )
    assert dict(state.checks) == {
        "shape": CheckTally(reached=1, failed=1, first=1),
        "rate": CheckTally(reached=1, failed=1, first=0),
        "scaling": CheckTally(),
    }


def test_time_left_follows_from_the_pace_so_far() -> None:
    state = run_through(events.AttemptStarted(at=0.0, trial=1, attempt=1, seed=3))
    assert state.seconds_left(1.0) is None
    state = evolve(state, events.VerdictReached(at=8.0, trial=1, attempt=1, verdict=verdict(Outcome.PASSED)))
    assert state.seconds_left(8.0) == pytest.approx(8.0)
    state = evolve(state, events.AttemptStarted(at=8.0, trial=2, attempt=1, seed=3))
    assert state.seconds_left(11.0) == pytest.approx(5.0)
    assert replace(state, config=replace(state.config, batch=True)).seconds_left(11.0) is None
    assert state.trial(2).latest is not None
    assert state.trial(2).attempts[0].phase is Phase.STARTING


@pytest.mark.parametrize("number", [0, 3, -1])
def test_there_is_no_such_trial(number: int) -> None:
    with pytest.raises(IndexError, match="no trial"):
        run_through().trial(number)


def test_events_without_a_beginning_are_refused() -> None:
    with pytest.raises(ValueError, match="EvaluationStarted"):
        replay([])


def test_time_before_a_late_rerun_is_not_counted() -> None:
    state = begin(events.EvaluationStarted(at=100.0, config=config(runs=2)))
    state = evolve(state, events.EvaluationEnded(at=112.0, reason="completed"))
    assert state.seconds(99_000.0) == 12.0
    state = evolve(state, events.EvaluationReopened(at=5_112.0))
    assert state.seconds(5_115.0) == 15.0
    state = evolve(state, events.EvaluationEnded(at=5_120.0, reason="completed"))
    assert state.seconds(99_000.0) == 20.0


def test_what_each_reply_took_is_kept_in_order() -> None:
    where = {"trial": 1, "attempt": 1}
    took = [(120, 8, 1.5, "tool_use"), (150, 30, 2.5, "end_turn")]
    history: list[Event] = [
        events.EvaluationStarted(at=0, config=config(runs=1)),
        events.AttemptStarted(at=1, **where, seed=1),
    ]
    for step, (tokens_in, tokens_out, seconds, reason) in enumerate(took, 1):
        history.append(
            events.ReplyFinished(
                at=step + 1, trial=1, attempt=1, step=step, stop_reason=reason, model="m",
                input_tokens=tokens_in, output_tokens=tokens_out, seconds=seconds,
            )
        )  # fmt: skip
    attempt = replay(history).trial(1).attempt(1)
    assert attempt.steps == tuple(StepTaken(*each) for each in took)
    assert attempt.tokens == sum(step.input_tokens + step.output_tokens for step in attempt.steps)


def outcomes_of(state: EvaluationState) -> tuple[int, int, int]:
    return state.in_order.trials, state.in_order.passed, state.in_order.failed


@given(histories())
def test_what_is_known_in_order_is_what_counting_gives(history: list[Event]) -> None:
    first, *rest = history
    assert isinstance(first, events.EvaluationStarted)
    state = begin(first)
    for event in rest:
        state = evolve(state, event)
        assert state.in_order == settled_prefix(state.trials)


def test_runs_that_end_early_decide_nothing_before_those_begun_before_them() -> None:
    runs, where = 120, {"attempt": 1}
    verdict = Verdict(Outcome.FAILED, "no", "basic", 1, "none", cause="no_code")
    history: list[Event] = [events.EvaluationStarted(at=0, config=config(runs=runs))]
    history += [events.AttemptStarted(at=1, trial=n, **where, seed=n) for n in range(1, runs + 1)]
    history += [events.VerdictReached(at=2, trial=n, **where, verdict=verdict) for n in range(2, runs + 1)]
    state = replay(history)
    assert (state.tally.failed, state.decision, outcomes_of(state)) == (119, Decision.UNDECIDED, (0, 0, 0))
    passed = Verdict(Outcome.PASSED, "yes", "basic", 1, "none")
    last = evolve(state, events.VerdictReached(at=3, trial=1, **where, verdict=passed))
    assert (last.decision, outcomes_of(last)) == (Decision.BELOW, (120, 1, 119))
    held = evolve(state, events.Paused(at=3, trial=1))
    assert (held.decision, outcomes_of(held)) == (Decision.BELOW, (120, 0, 119))
    assert outcomes_of(evolve(held, events.Resumed(at=4, trial=1))) == (0, 0, 0)


@given(histories(), st.booleans())
def test_the_stored_text_of_an_event_is_its_body(history: list[Event], at_rest: bool) -> None:
    for event in history:
        stored = event
        if at_rest and isinstance(event, events.VerdictReached):
            stored = replace(event, verdict=event.verdict.at_rest())
        assert json.loads(events.body_text(stored)) == body_of(event)


def test_the_time_in_which_nothing_could_be_stored_does_not_count() -> None:
    begun = events.EvaluationStarted(at=0.0, config=config(runs=2))
    history = [
        events.AttemptStarted(at=10.0, trial=1, attempt=1, seed=1),
        events.AttemptStarted(at=25.0, trial=2, attempt=1, seed=1),
        events.StoreHealed(at=30.0, since=20.0),
    ]
    state = replay([begun, *history])
    assert state.seconds(40.0) == 30.0
    assert [trial.attempts[0].seconds(40.0) for trial in state.trials] == [20.0, 10.0]
    ended = events.VerdictReached(at=32.0, trial=1, attempt=1, verdict=verdict(Outcome.PASSED))
    assert evolve(state, ended).trial(1).attempts[0].busy_seconds == 12.0
