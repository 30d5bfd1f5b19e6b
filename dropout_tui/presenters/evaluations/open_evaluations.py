"""The evaluations of this program as its list shows them: one row each, computed from the newest state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.shared_purse import Amount
from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.state.trial_state import Status
from dropout_core.statistics.pass_rate import Decision
from dropout_tui.presenters.evaluations.live_evaluation import CommonLimit, LiveEvaluation
from dropout_tui.text.labels import Mark
from dropout_tui.text.sanitize import visible_line

COUNTED: tuple[tuple[Status, tuple[Status, ...]], ...] = (
    (Status.PASSED, (Status.PASSED,)),
    (Status.FAILED, (Status.FAILED,)),
    (Status.VOID, (Status.VOID,)),
    (Status.RUNNING, (Status.RUNNING, Status.PAUSING)),
    (Status.PAUSED, (Status.PAUSED,)),
    (Status.QUEUED, (Status.QUEUED,)),
)
"""What is counted of an evaluation, in the order of its bar, and the statuses that each stands for. Runs that are about
to pause are in flight like those that run."""

_OPENING = Mark("●", "opening", "running", "$text-accent")
_RUNNING = Mark("●", "running", "running", "$text-accent")
_PAUSED = Mark("‖", "paused", "paused", "$text-secondary")
_HELD = Mark("!", "held", "void", "$text-warning")
_NO_MONEY = Mark("!", "no budget", "void", "$text-warning")
_BROKEN = Mark("✗", "broke off", "failed", "$text-error")
_STOPPED = Mark("◌", "stopped", "interrupted", "$text-warning")
_ENDED: Mapping[str, Mark] = {
    reason: Mark("■", reason, "muted", "$foreground-muted") for reason in (COMPLETED, DECIDED)
}


class CommonLimits(Protocol):
    """What the evaluations of the program may have in flight and may cost together."""

    @property
    def limit(self) -> CommonLimit:
        """Most requests in flight at once."""

    @property
    def purse(self) -> Purse:
        """What all may cost together."""

    @property
    def spent(self) -> Amount:
        """What all have cost in this program."""

    def choose(self, by: int) -> None:
        """Let more or fewer requests be in flight."""

    def let_be(self) -> None:
        """Let the limit be the largest that any evaluation has."""

    def fill(self, purse: Purse) -> None:
        """Change what all may cost together."""


class OpenEvaluations(Protocol):
    """What the list needs of the program that runs them."""

    @property
    def evaluations(self) -> tuple[LiveEvaluation, ...]:
        """All of them, in the order of the list."""

    @property
    def live(self) -> LiveEvaluation | None:
        """The one that was looked at last."""

    @property
    def limits(self) -> CommonLimits:
        """What all may have in flight and may cost together."""

    @property
    def line_is_held(self) -> bool:
        """Whether none of those in line begins by itself."""

    def show(self, number: int) -> None:
        """Show the dashboard of one."""

    def begin_now(self, number: int) -> None:
        """Begin one that waits in line."""

    def move(self, number: int, by: int) -> None:
        """Let one that waits in line come earlier or later."""

    async def close(self, number: int) -> str | None:
        """Take one off the list. Returns why not."""

    async def begin_again(self, number: int) -> None:
        """Open one again that broke off."""


@dataclass(frozen=True, slots=True)
class OpenRow:
    """One evaluation in the list."""

    number: int
    model: str
    about: str
    """Task or mode, prompt and suite."""
    mark: Mark
    """Its state."""
    counts: tuple[int, ...]
    """Its runs, in the order of `COUNTED`."""
    rate: float | None
    decision: Decision | None
    """``None`` before the first graded run."""
    is_sample: bool

    @property
    def in_flight(self) -> int:
        """How many of its runs are in flight."""
        return self.counts[_IN_FLIGHT]


_IN_FLIGHT = [status for status, _ in COUNTED].index(Status.RUNNING)


def row_of_open(live: LiveEvaluation) -> OpenRow:
    """The row of an evaluation of this program."""
    state = live.state
    config, tally = state.config, state.tally
    return OpenRow(
        number=live.number,
        model=visible_line(config.model),
        about=f"{PurePath(visible_line(config.prompt)).name} · {visible_line(config.asked)}",
        mark=mark_of_open(live),
        counts=tuple(sum(map(tally.count, statuses)) for _, statuses in COUNTED),
        rate=tally.passed / tally.graded if tally.graded else None,
        decision=state.decision if tally.graded else None,
        is_sample=config.is_sample,
    )


def mark_of_open(live: LiveEvaluation) -> Mark:
    """How its state is shown."""
    state = live.state
    if live.place_in_line is not None:
        return Mark("○", f"queued {live.place_in_line}", "queued", "$foreground-muted")
    if live.halted:
        return _BROKEN
    if live.commands is None and state.ended_at is None:
        return _OPENING
    if live.held_since is not None:
        return _HELD
    if state.ended_at is not None:
        return _ENDED.get(state.stop_reason or "", _STOPPED)
    if live.no_money is not None:
        return _NO_MONEY
    counts = state.tally.count
    if counts(Status.PAUSED) and not any(map(counts, (Status.RUNNING, Status.PAUSING, Status.QUEUED))):
        return _PAUSED
    return _RUNNING


def shares_of(counts: Sequence[int], cells: int) -> tuple[int, ...]:
    """How many of `cells` each count gets of a bar: its share, at least one if there are any, none of nothing.

    With fewer cells than kinds the later ones get none.
    """
    total = sum(counts)
    if not total or cells < 1:
        return tuple(0 for _ in counts)
    there = [place for place, count in enumerate(counts) if count][:cells]
    shares = [0] * len(counts)
    for place in there:
        shares[place] = max(1, counts[place] * cells // total)
    while (left := cells - sum(shares)) != 0:
        # What is furthest from its due gives or gets the next cell.
        owed = {place: counts[place] * cells / total - shares[place] for place in there}
        if left > 0:
            shares[max(there, key=owed.__getitem__)] += 1
        else:
            shares[min((place for place in there if shares[place] > 1), key=owed.__getitem__)] -= 1
    return tuple(shares)
