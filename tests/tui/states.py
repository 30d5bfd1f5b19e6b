"""Evaluations in every state a screen has to show, built from real events.

    state = evaluation_state(runs=5, trials=[Outcome.PASSED, failed("scaling"), Phase.REPLYING, Status.PAUSED])
    live = live_evaluation(runs=5, trials=[...])

Trials that are not listed stay queued. Times are in seconds after `T0`; trial n starts at `T0 + n`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from dropout_core.state import events as happened
from dropout_core.state.evaluation_state import EvaluationState, replay
from dropout_core.state.trial_state import Phase, Status
from dropout_core.tasks.dropout import BASIC
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from dropout_tui.presenters.evaluations.live_evaluation import Commands, LiveEvaluation

T0 = 1_750_000_000.0

GOOD_CODE = """\
import numpy as np


def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    mask = np.random.rand(*x.shape) >= p
    return x * mask / (1 - p)
"""

UNSCALED_CODE = """\
import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    mask = np.random.rand(*x.shape) > p
    return x * mask
"""

_WHEN_PASSED: dict[str, tuple[str, str]] = {
    "runs": ("returns an array", "an array"),
    "shape": ("5 shapes kept", "5 shapes kept"),
    "rate": ("50.1 %", "50 %"),
    "randomness": ("independent", "independent"),
    "scaling": ("×2.00", "×2.00"),
    "eval_mode": ("unchanged", "unchanged"),
    "other_rates": ("×1.43, 30.0 %", "×1.43, 30 %"),
    "edge_cases": ("p = 0 and p = 1 fine", "p = 0 and p = 1 fine"),
}
_WHEN_FAILED: dict[str, tuple[str, str, str]] = {
    "runs": ("NameError: name 'np' is not defined", "an array", "The call raised NameError."),
    "shape": ("(32,)", "(32, 16)", "The output of an array of shape (32, 16) has shape (32,)."),
    "rate": ("70.2 %", "50 %", "70.2 % of 100,000 elements are zero at p = 0.5; expected 50 %."),
    "randomness": (
        "whole rows",
        "independent",
        "Whole rows are dropped together; elements are to be independent.",
    ),
    "scaling": ("×1.00", "×2.00", "Survivors are 1.00 × the input; expected 2.00 × at p = 0.5."),
    "eval_mode": ("50.3 % changed", "unchanged", "With training=False 50.3 % of the elements changed."),
    "other_rates": ("×1.00", "×1.43", "Survivors are 1.00 × the input at p = 0.3; expected 1.43 ×."),
    "edge_cases": ("NaN at p = 1", "zeros", "p = 1 gives NaN in 512 of 512 elements; expected zeros."),
}

Ending = Verdict | Outcome | Phase | Status
"""How far a trial has come: its verdict, or what it is doing."""


def checks(*failing: str) -> tuple[Check, ...]:
    """The eight checks of `basic`; those of `failing` fail. When `runs` fails, no other is reached."""
    observed = []
    for requirement in BASIC:
        id_, title = requirement.id, requirement.title
        if "runs" in failing and id_ != "runs":
            message = "Not reached: there is no output to look at."
            observed.append(Check(id_, title, CheckStatus.NOT_REACHED, message))
        elif id_ in failing:
            measured, expected, message = _WHEN_FAILED[id_]
            observed.append(Check(id_, title, CheckStatus.FAILED, message, measured, expected))
        else:
            measured, expected = _WHEN_PASSED[id_]
            observed.append(Check(id_, title, CheckStatus.PASSED, f"{title}: as asked.", measured, expected))
    return tuple(observed)


def verdict(
    outcome: Outcome = Outcome.PASSED,
    *,
    failing: Iterable[str] = (),
    reason: str | None = None,
    cause: str | None = None,
    seed: int = 7,
) -> Verdict:
    """A verdict. A failure without `failing` or `cause` fails `scaling` and `other_rates`."""
    failing = tuple(failing)
    isolation = "process with limits, no network"
    match outcome:
        case Outcome.PASSED:
            return Verdict(outcome, reason or "All tests passed!", "basic", seed, isolation, checks(), 0.12)
        case Outcome.VOID:
            why = reason or "API overloaded, gave up after 8 tries"
            return Verdict(outcome, why, "basic", seed, "not run")
        case Outcome.FAILED if cause is not None:
            return Verdict(outcome, reason or "No code in the reply", "basic", seed, "not run", cause=cause)
        case Outcome.FAILED:
            observed = checks(*(failing or ("scaling", "other_rates")))
            first = next(check for check in observed if check.status is CheckStatus.FAILED)
            headline = next(one.failure or "" for one in BASIC if one.id == first.id)
            return Verdict(outcome, reason or headline, "basic", seed, isolation, observed, 0.15)


def failed(*failing: str, reason: str | None = None) -> Verdict:
    """A failure at these checks."""
    return verdict(Outcome.FAILED, failing=failing, reason=reason)


def void(reason: str = "API overloaded, gave up after 8 tries") -> Verdict:
    """An attempt that says nothing about the model."""
    return verdict(Outcome.VOID, reason=reason)


def reply_with(code: str) -> str:
    """A reply as models write them, around `code`."""
    return f"Here is an implementation of inverted dropout:\n\n```python\n{code}```\n\nIt keeps the expected value."


def conversation(
    code: str = GOOD_CODE, prompt: str = "Implement `dropout(x, p, training)`."
) -> tuple[Message, ...]:
    """The turns of one answered attempt."""
    return (Message.user(prompt), Message("assistant", (TextBlock(reply_with(code)),)))


def configuration(**changes: object) -> EvaluationConfig:
    """The configuration of a small evaluation."""
    config = EvaluationConfig(
        model="claude-haiku-4-5", prompt_text="Implement `dropout(x, p, training)`.", seed=7
    )
    return replace(config, **changes)  # type: ignore[arg-type]


def attempt_events(
    trial: int,
    ending: Ending,
    *,
    attempt: int = 1,
    at: float | None = None,
    seconds: float = 3.2,
    output_tokens: int = 288,
    code: str | None = None,
    step: int = 1,
) -> list[happened.Event]:
    """The events of one attempt, from its start up to `ending`."""
    start = T0 + trial if at is None else at
    if ending is Status.QUEUED:
        return []
    where: dict[str, Any] = {"trial": trial, "attempt": attempt}
    events: list[happened.Event] = [happened.AttemptStarted(at=start, **where, seed=trial * 100 + attempt)]
    if ending is Phase.STARTING:
        return events
    events.append(happened.RequestSent(at=start, **where, step=step))
    if ending is Status.PAUSING:
        events.append(happened.PauseAsked(at=start + 0.5, trial=trial))
    if ending in (Phase.ASKING, Status.PAUSING):
        return events
    if ending is Phase.WAITING:
        events.append(happened.TextArrived(at=start + 0.6, **where, step=step, text="Here is"))
        events.append(
            happened.TryFailed(
                at=start + 1.0, **where, step=step, reason="API rate limited", discarded_text=True,
                input_tokens=124, output_tokens=2,
            )
        )  # fmt: skip
        events.append(
            happened.RequestHeld(
                at=start + 1.0, **where, step=step, reason="API rate limited", seconds=30.0, failures=1, max_tries=8
            )
        )  # fmt: skip
        return events
    if ending is Status.PAUSED:
        events.append(happened.PauseAsked(at=start + 0.5, trial=trial))
        events.append(happened.Paused(at=start + 1.0, trial=trial))
        return events
    if isinstance(ending, Outcome):
        ending = verdict(ending)
    is_void = isinstance(ending, Verdict) and ending.outcome is Outcome.VOID
    if is_void:
        assert isinstance(ending, Verdict)
        events.append(happened.VerdictReached(at=start + seconds, **where, verdict=ending))
        return events
    if code is None:
        passed = isinstance(ending, Verdict) and ending.passed
        code = GOOD_CODE if passed or not isinstance(ending, Verdict) else UNSCALED_CODE
    half = len(reply_with(code)) // 2
    events.append(happened.TextArrived(at=start + 0.6, **where, step=step, text=reply_with(code)[:half]))
    if ending in (Phase.REPLYING, Status.RUNNING):
        return events
    reply = happened.ReplyFinished(
        at=start + seconds * 0.9,
        trial=trial,
        attempt=attempt,
        step=step,
        stop_reason="end_turn",
        model="claude-haiku-4-5-20251001",
        input_tokens=124,
        output_tokens=output_tokens,
        seconds=seconds * 0.9,
    )
    events.append(reply)
    if ending is Phase.TOOL:
        events.append(happened.ToolCalled(at=reply.at, **where, step=step, name="python_expression"))
        return events
    no_code = isinstance(ending, Verdict) and ending.task_related is False
    if not no_code:
        events.append(happened.CodeFound(at=reply.at, **where, code=code, origin="fenced block"))
        events.append(happened.GradingStarted(at=reply.at, **where))
    if isinstance(ending, Verdict):
        events.append(happened.VerdictReached(at=start + seconds, **where, verdict=ending))
    return events


def evaluation_events(
    *, runs: int = 10, trials: Sequence[Ending] = (), ended: str | None = None, **config: object
) -> list[happened.Event]:
    """The events of an evaluation whose first trials have come as far as `trials` says, in order of time."""
    started = happened.EvaluationStarted(at=T0, config=configuration(runs=runs, **config))
    later = [event for number, ending in enumerate(trials, 1) for event in attempt_events(number, ending)]
    later.sort(key=lambda event: event.at)
    if ended is not None:
        last = later[-1].at if later else T0
        later.append(happened.EvaluationEnded(at=last + 0.5, reason=ended))
    return [started, *later]


def evaluation_state(
    *, runs: int = 10, trials: Sequence[Ending] = (), ended: str | None = None, **config: object
) -> EvaluationState:
    """The state after `evaluation_events`; further keywords change the configuration."""
    return replay(evaluation_events(runs=runs, trials=trials, ended=ended, **config))


@runtime_checkable
class LooksOn(Protocol):
    """Commands that know what they are commands of."""

    live: LiveEvaluation | None


def live_evaluation(
    *,
    runs: int = 10,
    trials: Sequence[Ending] = (),
    ended: str | None = None,
    commands: Commands | None = None,
    **config: object,
) -> LiveEvaluation:
    """The same, as screens hold it, with the text that has arrived."""
    first, *later = evaluation_events(runs=runs, trials=trials, ended=ended, **config)
    live = LiveEvaluation(14, replay([first]), commands)
    live.receive(later)
    if isinstance(commands, LooksOn):
        commands.live = live
    return live


HOSTILE_TEXTS: tuple[str, ...] = (
    "[/foo] a[/]b",
    "[red]x[/red]",
    "[@click=app.bell]hi[/]",
    "mask[mask == 0] = [1, 2]",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "nul\x00 bell\x07 back\x08 del\x7f c1\x9b31m",
    "lone \ud800 surrogate",
    "漢字かな交じり文 🎲🎉 e\u0301",
    "right\u202eto left\u202c zero\u200bwidth",
    "tab\tand\nnewline\r\nand\rreturn",
)
"""Text of strangers that must reach the screen as text."""

BUSY: tuple[Ending, ...] = (
    failed("scaling", "other_rates"),
    Phase.REPLYING,
    Outcome.PASSED,
    Status.PAUSED,
    void(),
    failed("edge_cases"),
    verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply"),
    failed("runs"),
    Outcome.PASSED,
    Phase.GRADING,
    Phase.ASKING,
    Phase.TOOL,
    Status.PAUSING,
    failed("scaling", "other_rates", "edge_cases"),
    failed("randomness"),
    Outcome.PASSED,
)
"""A lively middle of an evaluation: every status once or more."""
