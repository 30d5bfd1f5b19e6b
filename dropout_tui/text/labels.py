"""The glyph, the word and the colour of every state on screen.

Each glyph is one cell wide, and each word is complete by itself: the colour only repeats them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dropout_core.state.trial_state import AttemptState, Phase, Status, TrialState, Wait
from dropout_core.statistics.pass_rate import Decision
from dropout_core.verdict.causes import title_of_cause
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import CheckStatus, Outcome
from dropout_tui.text.sanitize import visible_line


@dataclass(frozen=True, slots=True)
class Mark:
    """How one state is shown."""

    glyph: str
    word: str
    kind: str
    """The CSS class (or suffix of a component class) of the state: ``"passed"``, ``"running"``, …"""
    colour: str
    """A content style that follows the theme: ``"$success"``."""

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"


_STATUSES: Mapping[Status, Mark] = {
    Status.PASSED: Mark("✓", "passed", "passed", "$text-success"),
    Status.FAILED: Mark("✗", "failed", "failed", "$text-error"),
    Status.VOID: Mark("⊘", "void", "void", "$text-warning"),
    Status.RUNNING: Mark("●", "running", "running", "$text-accent"),
    Status.PAUSING: Mark("‖", "pausing", "paused", "$text-secondary"),
    Status.PAUSED: Mark("‖", "paused", "paused", "$text-secondary"),
    Status.QUEUED: Mark("○", "queued", "queued", "$foreground-muted"),
}

_CHECKS: Mapping[CheckStatus, Mark] = {
    CheckStatus.PASSED: Mark("✓", "passed", "passed", "$text-success"),
    CheckStatus.FAILED: Mark("✗", "failed", "failed", "$text-error"),
    CheckStatus.NOT_REACHED: Mark("·", "not reached", "not-reached", "$foreground-muted"),
}

_DECISIONS: Mapping[Decision, Mark] = {
    Decision.IN: Mark("✓", "in band", "in", "$text-success"),
    Decision.BELOW: Mark("▼", "below band", "below", "$text-warning"),
    Decision.ABOVE: Mark("▲", "above band", "above", "$text-warning"),
    Decision.UNDECIDED: Mark("?", "undecided", "undecided", "$foreground"),
}

BESIDE_TASK = "beside the task"
"""The words for a failure that is not about the task."""

STATUSES: tuple[Status, ...] = tuple(_STATUSES)
"""Every status, in the order screens list them."""


def mark_of_status(status: Status) -> Mark:
    """How a status is shown."""
    return _STATUSES[status]


def mark_of_trial(trial: TrialState) -> Mark:
    """How a row's status is shown: a running trial says which phase it is in, and one that waits whether its answer is
    there already and has only to be graded, or whether it has ended and is made anew."""
    mark = _STATUSES[trial.status]
    latest = trial.latest
    if trial.status is Status.QUEUED and latest is not None and latest.is_to_be_graded:
        return replace(mark, word="to grade")
    if trial.rerun_waits:
        return replace(mark, word="to rerun")
    if trial.status is not Status.RUNNING or latest is None:
        return mark
    return Mark(mark.glyph, word_of_phase(latest.phase), mark.kind, mark.colour)


def mark_of_outcome(outcome: Outcome) -> Mark:
    """How the outcome of an attempt is shown."""
    return _STATUSES[Status(outcome.value)]


def mark_of_check(status: CheckStatus) -> Mark:
    """How one check is shown."""
    return _CHECKS[status]


def mark_of_decision(decision: Decision) -> Mark:
    """How the band decision is shown."""
    return _DECISIONS[decision]


def word_of_phase(phase: Phase) -> str:
    """What a running attempt is doing."""
    return str(phase)


def words_of_wait(wait: Wait, now: float, *, in_short: bool = False) -> str:
    """Why a request waits: ``"rate limited, try 2 of 8 in 4 s"``.

    With `in_short`, for little room, the countdown comes first: ``"try 2/8 in 4 s, rate limited"``.
    """
    reason = visible_line(wait.reason).removeprefix("API ")
    if wait.until is None:
        return f"{reason}, waits its turn" if reason else "waits its turn"
    seconds = max(0, math.ceil(wait.until - now))
    if wait.failures:
        which = wait.failures + 1
        if in_short:
            return f"try {which}/{wait.max_tries} in {seconds} s, {reason}"
        return f"{reason}, try {which} of {wait.max_tries} in {seconds} s"
    return f"{seconds} s, {reason}" if in_short else f"{reason}, all wait {seconds} s"


FLAG = "⚑"
"""The glyph for code that a person should look at."""


def words_of_flags(flags: Iterable[Flag]) -> str:
    """The kinds of the flags, in one line: ``"⚑ frames, gc"``; empty when there are none."""
    kinds = ", ".join(dict.fromkeys(visible_line(flag.id) for flag in flags))
    return f"{FLAG} {kinds}" if kinds else ""


def flags_in_short(flags: Sequence[Flag]) -> str:
    """One of the kinds and how many others there are: ``"⚑ frames +2"``; empty when there are none."""
    first, *others = dict.fromkeys(visible_line(flag.id) for flag in flags) or ("",)
    more = f" +{len(others)}" if others else ""
    return f"{FLAG} {first}{more}" if first else ""


def line_of_flag(flag: Flag) -> str:
    """One flag with its line: ``"⚑ line 3: reads the frames of its callers (sys._getframe)"``."""
    where = "" if flag.line is None else f"line {flag.line}: "
    return f"{FLAG} {where}{visible_line(flag.message)}"


def words_of_thinking(attempt: AttemptState, now: float) -> str:
    """How long the model has been thinking without text: ``"thinking, 75 s"``; empty while it is not."""
    if attempt.phase is not Phase.THINKING or attempt.thinking_since is None:
        return ""
    return f"thinking, {max(0, int(now - attempt.thinking_since))} s"


def title_of_failure(failing: str, titles: Mapping[str, str]) -> str:
    """The title of a failure: that of its first failing check, or of its cause where no check failed.

    `titles` are those of the checks of an evaluation; one that is not among them goes by its id.
    """
    words = failing.replace("_", " ").capitalize()
    return visible_line(titles.get(failing) or title_of_cause(failing) or words)
