"""What an event means for the trial it is about."""

from __future__ import annotations

from collections.abc import Iterable

from dropout_core.state import events as happened
from dropout_core.state.fast_replace import altered
from dropout_core.state.trial_state import AttemptState, Hold, Phase, StepTaken, TrialState, Wait
from dropout_core.state.voided_by_user import is_replaced

OF_EVERY_TRIAL = (happened.EvaluationReopened, happened.StoreHealed)
"""The events of an evaluation that change its trials."""
_TOKENS = (
    "input_tokens",
    "output_tokens",
    "thinking_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)


def replay_trial(number: int, events: Iterable[happened.Event]) -> TrialState:
    """One trial after its own events and those of `OF_EVERY_TRIAL`."""
    trial = TrialState(number)
    for event in events:
        match event:
            case happened.TrialEvent():
                trial = trial_after(trial, event)
            case happened.EvaluationReopened(cut_off_at=float(cut_off_at)):
                trial = idle_since(trial, cut_off_at)
            case happened.StoreHealed(since=since):
                trial = held_up(trial, since, event.at)
    return trial


def trial_after(trial: TrialState, event: happened.TrialEvent) -> TrialState:
    """The trial after an event of its own; the very same when the event changes nothing."""
    match event:
        case happened.AttemptStarted(attempt=number, seed=seed):
            attempt = AttemptState(number, seed, started_at=event.at, busy_since=event.at)
            earlier = tuple(old.idle_from(event.at) for old in trial.attempts)
            return altered(trial, attempts=(*earlier, attempt), queued=False)
        case happened.AttemptEvent():
            if trial.latest is None or event.attempt != trial.latest.number:
                return trial
            return _with_latest(trial, _attempt_after(trial.latest, event))
        case happened.TrialQueued():
            return idle_since(altered(trial, queued=True, hold=Hold.NONE), event.at)
        case happened.RerunWithdrawn():
            return altered(trial, queued=False) if trial.rerun_waits else trial
        case happened.PauseAsked():
            return altered(trial, hold=Hold.ASKED)
        case happened.Paused():
            return idle_since(altered(trial, hold=Hold.HELD), event.at)
        case happened.Resumed():
            waits = trial.queued or trial.hold is Hold.HELD
            return altered(trial, hold=Hold.NONE, queued=waits)
        case happened.AttemptContinued():
            if trial.latest is None:
                return altered(trial, queued=False)
            return _with_latest(altered(trial, queued=False), altered(trial.latest, busy_since=event.at))
        case _:
            return trial


def _attempt_after(attempt: AttemptState, event: happened.AttemptEvent) -> AttemptState:
    match event:
        case happened.RequestSent(step=step):
            return altered(attempt, phase=Phase.ASKING, step=step, wait=None, is_asking=True)
        case happened.RequestHeld(step=step, seconds=seconds):
            until = None if seconds is None else event.at + seconds
            wait = Wait(event.reason, until, event.failures, event.max_tries)
            return altered(attempt, phase=Phase.WAITING, step=step, wait=wait)
        case happened.TryFailed():
            return altered(
                attempt,
                phase=Phase.ASKING,
                failed_tries=attempt.failed_tries + 1,
                is_asking=False,
                **_counted(attempt, event),
            )
        case happened.TextArrived():
            return attempt if attempt.phase is Phase.REPLYING else altered(attempt, phase=Phase.REPLYING)
        case happened.ThinkingNoticed():
            return altered(attempt, phase=Phase.THINKING, thinking_since=event.at)
        case happened.ReplyFinished():
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
            return altered(
                attempt,
                steps=(*attempt.steps, taken),
                phase=Phase.REPLYING,
                is_asking=False,
                model=event.model,
                **_counted(attempt, event),
            )
        case happened.ToolCalled():
            return altered(attempt, phase=Phase.TOOL)
        case happened.CodeFound(code=code, origin=origin):
            return altered(attempt, code=code, origin=origin)
        case happened.GradingStarted():
            return altered(attempt, phase=Phase.GRADING)
        case happened.VerdictReached(verdict=verdict):
            return altered(
                attempt,
                busy_seconds=attempt.seconds(event.at),
                busy_since=None,
                phase=Phase.ENDED,
                wait=None,
                verdict=verdict,
            )
        case _:
            return attempt


def _counted(attempt: AttemptState, event: happened.ReplyFinished | happened.TryFailed) -> dict[str, int]:
    """The tokens of the attempt with those of another try."""
    counted: dict[str, int] = {name: getattr(attempt, name) + getattr(event, name) for name in _TOKENS}
    return counted | {"estimated": attempt.estimated or event.estimated}


def _with_latest(trial: TrialState, attempt: AttemptState) -> TrialState:
    if attempt is trial.latest:
        return trial
    attempts = (*trial.attempts[:-1], attempt)
    if attempt.verdict is None:
        return TrialState(trial.number, attempts, trial.queued, trial.hold)
    # Of what was asked of it before only one thing outlives the end: that the next attempt waits already.
    return TrialState(trial.number, attempts, trial.queued and is_replaced(attempt.verdict), Hold.NONE)


def idle_since(trial: TrialState, at: float) -> TrialState:
    """The trial without a slot since `at`."""
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return altered(trial, attempts=(*trial.attempts[:-1], latest.idle_from(at)))


def held_up(trial: TrialState, since: float, until: float) -> TrialState:
    """The trial without the time from `since` to `until`, in which nothing could be stored."""
    latest = trial.latest
    if latest is None or latest.busy_since is None:
        return trial
    return altered(trial, attempts=(*trial.attempts[:-1], latest.held_up(since, until)))
