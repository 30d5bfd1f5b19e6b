"""State of a trial, computed by replaying its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dropout_core.state import events
from dropout_core.state.trial_state import AttemptState, Hold, Phase, StepTaken, TrialState, Wait
from dropout_core.state.voided_by_user import is_replaced

OF_EVERY_TRIAL = (events.EvaluationReopened, events.StoreHealed, events.BatchDropped)
"""Events of an evaluation that change all of its trials."""


def replay_trial(number: int, history: Iterable[events.Event]) -> TrialState:
    """State of one trial after a `history` of its own events and those of `OF_EVERY_TRIAL`."""
    trial = TrialState(number)
    for event in history:
        match event:
            case events.TrialEvent():
                trial = trial_after(trial, event)
            case events.EvaluationReopened(cut_off_at=float(cut_off_at)):
                trial = idle_since(trial, cut_off_at)
            case events.StoreHealed(since=since):
                trial = held_up(trial, since, event.at)
            case events.BatchDropped(batch=batch):
                trial = without_batch(trial, batch)
    return trial


def trial_after(trial: TrialState, event: events.TrialEvent) -> TrialState:
    """State of the trial after an event of its own; the same object when the event changes nothing."""
    match event:
        case events.AttemptStarted(attempt=number, seed=seed):
            attempt = AttemptState(number, seed, started_at=event.at, busy_since=event.at)
            earlier = tuple(old.idle_from(event.at) for old in trial.attempts)
            return replace(trial, attempts=(*earlier, attempt), queued=False)
        case events.AttemptEvent():
            if trial.latest is None or event.attempt != trial.latest.number:
                return trial
            return _with_latest(trial, _attempt_after(trial.latest, event))
        case events.TrialQueued():
            return idle_since(replace(trial, queued=True, hold=Hold.NONE), event.at)
        case events.RerunWithdrawn():
            return replace(trial, queued=False) if trial.rerun_waits else trial
        case events.PauseAsked():
            return replace(trial, hold=Hold.ASKED)
        case events.Paused():
            return idle_since(replace(trial, hold=Hold.HELD), event.at)
        case events.Resumed():
            waits = trial.queued or trial.hold is Hold.HELD
            return replace(trial, hold=Hold.NONE, queued=waits)
        case events.AttemptContinued():
            if trial.latest is None:
                return replace(trial, queued=False)
            return _with_latest(replace(trial, queued=False), replace(trial.latest, busy_since=event.at))
        case _:
            return trial


def _attempt_after(attempt: AttemptState, event: events.AttemptEvent) -> AttemptState:
    match event:
        case events.RequestSent(step=step):
            return replace(attempt, phase=Phase.ASKING, step=step, wait=None, is_asking=True)
        case events.RequestBatched(step=step, batch=batch):
            return replace(attempt, phase=Phase.BATCHED, step=step, wait=None, batch=batch)
        case events.RequestHeld(step=step, seconds=seconds):
            until = None if seconds is None else event.at + seconds
            wait = Wait(event.reason, until, event.failures, event.max_tries)
            return replace(attempt, phase=Phase.WAITING, step=step, wait=wait)
        case events.TryFailed() if attempt.verdict is not None:
            return _spent(attempt, event)  # answered in its batch after it had been cancelled
        case events.TryFailed():
            return replace(
                _spent(attempt, event),
                phase=Phase.ASKING,
                failed_tries=attempt.failed_tries + 1,
                is_asking=False,
                batch=None,
            )
        case events.TextArrived():
            return attempt if attempt.phase is Phase.REPLYING else replace(attempt, phase=Phase.REPLYING)
        case events.ThinkingNoticed():
            return replace(attempt, phase=Phase.THINKING, thinking_since=event.at)
        case events.ReplyFinished():
            taken = StepTaken(
                event.input_tokens,
                event.output_tokens,
                event.seconds,
                event.stop_reason,
                event.refusal_category,
                event.refusal_explanation,
                event.thinking_tokens,
                event.cache_read_input_tokens,
                event.cache_creation_input_tokens,
                event.estimated,
                event.digest,
            )
            return replace(
                _spent(attempt, event),
                steps=(*attempt.steps, taken),
                phase=Phase.REPLYING,
                is_asking=False,
                batch=None,
                model=event.model,
            )
        case events.ToolCalled():
            return replace(attempt, phase=Phase.TOOL)
        case events.CodeFound(code=code, origin=origin):
            return replace(attempt, code=code, origin=origin)
        case events.GradingStarted():
            return replace(attempt, phase=Phase.GRADING)
        case events.VerdictReached(verdict=verdict):
            return replace(
                attempt,
                busy_seconds=attempt.seconds(event.at),
                busy_since=None,
                phase=Phase.ENDED,
                wait=None,
                batch=None,
                verdict=verdict,
            )
        case _:
            return attempt


def _spent(attempt: AttemptState, event: events.ReplyFinished | events.TryFailed) -> AttemptState:
    """The attempt with the tokens of another try."""
    return replace(
        attempt,
        input_tokens=attempt.input_tokens + event.input_tokens,
        output_tokens=attempt.output_tokens + event.output_tokens,
        thinking_tokens=attempt.thinking_tokens + event.thinking_tokens,
        cache_read_input_tokens=attempt.cache_read_input_tokens + event.cache_read_input_tokens,
        cache_creation_input_tokens=attempt.cache_creation_input_tokens + event.cache_creation_input_tokens,
        estimated=attempt.estimated or event.estimated,
    )


def _with_latest(trial: TrialState, attempt: AttemptState) -> TrialState:
    if attempt is trial.latest:
        return trial
    attempts = (*trial.attempts[:-1], attempt)
    if attempt.verdict is None:
        return TrialState(trial.number, attempts, trial.queued, trial.hold)
    # Only one request outlives the end of an attempt: that the next attempt already waits.
    return TrialState(trial.number, attempts, trial.queued and is_replaced(attempt.verdict), Hold.NONE)


def idle_since(trial: TrialState, at: float) -> TrialState:
    """The trial without a slot since `at`."""
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], latest.idle_from(at)))


def held_up(trial: TrialState, since: float, until: float) -> TrialState:
    """The trial without the time from `since` to `until`, in which nothing could be stored."""
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], latest.held_up(since, until)))


def without_batch(trial: TrialState, batch: int) -> TrialState:
    """The trial without a request in this batch."""
    latest = trial.latest
    if latest is None or latest.batch != batch:
        return trial
    return replace(trial, attempts=(*trial.attempts[:-1], replace(latest, batch=None)))
