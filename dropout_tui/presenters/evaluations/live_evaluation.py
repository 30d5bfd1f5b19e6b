"""The evaluation as the screens see it: its newest state, and text that is still arriving.

Screens poll: a timer compares `version` and repaints what changed, so a flood of events costs one repaint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dropout_core.state.command_table import Command
from dropout_core.state.evaluation_state import EvaluationState, evolve_all
from dropout_core.state.events import (
    AttemptStarted,
    Event,
    MessageAdded,
    RequestSent,
    StoreHealed,
    TextArrived,
    TryFailed,
    VerdictReached,
)
from dropout_core.values.conversation import Message
from dropout_core.values.plan import Plan

if TYPE_CHECKING:
    from dropout_tui.presenters.evaluations.cancelling import Cancelling
    from dropout_tui.presenters.evaluations.command_refusal import Refusal


class Commands(Protocol):
    """The commands that keys send to an evaluation. ``None`` means every trial. All but the last and `add_runs` are
    idempotent.

    Each returns a line that says why it has no effect, if it has none.
    """

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        """Why a command would have no effect; ``None`` when it would have one."""

    def start(self) -> str | None:
        """Go on with the queued trials, after a stop."""

    def pause(self, trial: int | None = None) -> str | None:
        """Hold a trial at its next boundary."""

    def resume(self, trial: int | None = None) -> str | None:
        """End a trial's pause."""

    def cancel(self, trial: int | None = None) -> str | None:
        """Stop what is in flight and end the attempt as void."""

    def rerun(self, trial: int | None = None) -> str | None:
        """Make a new attempt."""

    def repeat_voids(self) -> str | None:
        """Make a new attempt of every void run."""

    def add_runs(self, count: int) -> str | None:
        """Make `count` more runs than were planned."""

    def change_plan(self, plan: Plan) -> str | None:
        """Go by another plan, with the runs that it has more."""

    def change_concurrency(self, by: int) -> int | str:
        """Let `by` more trials be in flight at once, or fewer; returns the new limit, or why nothing changes."""


@dataclass(frozen=True, slots=True)
class CommonLimit:
    """How many requests may be in flight at once of all evaluations of the program together."""

    most: int
    is_chosen: bool
    """Whether the user set it; otherwise it is the largest number that any of them has."""


class ConversationSource(Protocol):
    """Where stored conversations are read from."""

    def conversation(self, evaluation: int, trial: int, attempt: int) -> tuple[Message, ...]:
        """The turns of one attempt so far, in order. It blocks."""
        ...


class LiveEvaluation:
    """The state of one evaluation as the screens see it."""

    def __init__(self, number: int, state: EvaluationState, commands: Commands | None = None) -> None:
        self.number = number
        """The evaluation's number in the store."""
        self.state = state
        self.commands = commands
        """``None`` when the evaluation takes no commands."""
        self.version = 0
        """Grows with every change."""
        self.refusal: Refusal | None = None
        """Why it takes no commands although it goes on; shown when a key sends one."""
        self.held_since: float | None = None
        """Since when nothing can be stored; ``None`` while storing works."""
        self.halted = False
        """Whether it failed: trials that have not ended will not end by themselves."""
        self.cancelling: Cancelling | None = None
        """The cancel that can still be taken back."""
        self.no_money: str | None = None
        """Why the common budget lets it begin nothing; ``None`` while it lets it."""
        self.common_limit: CommonLimit | None = None
        """That of all evaluations of the program; ``None`` where its own number is the only one."""
        self.place_in_line: int | None = None
        """Its place among those that wait for others, from 1; ``None`` once it has begun."""
        self.place: tuple[int, int] | None = None
        """Which it is of the evaluations of this program, and how many there are; ``None`` where it is the only one."""
        self._pieces: dict[int, list[str]] = {}
        self._turns: dict[int, int] = {}

    def receive(self, events: Sequence[Event]) -> None:
        """Apply events."""
        self.state = evolve_all(self.state, events)
        for event in events:
            match event:
                case StoreHealed():
                    self.held_since = None
                case TextArrived(trial=trial, text=text):
                    self._pieces.setdefault(trial, []).append(text)
                case (
                    RequestSent(trial=trial)
                    | TryFailed(trial=trial)
                    | AttemptStarted(trial=trial)
                    | VerdictReached(trial=trial)
                ):
                    self._pieces.pop(trial, None)
                case MessageAdded(trial=trial):
                    self._turns[trial] = self._turns.get(trial, 0) + 1
                    self._pieces.pop(trial, None)
        self.version += 1

    def may(self, command: Command, trial: int | None = None) -> bool:
        """Whether a command would have an effect."""
        return self.commands is not None and self.commands.refusal(command, trial) is None

    def take(self, state: EvaluationState) -> None:
        """Replace the state by one read from the store."""
        self.state = state
        self.version += 1

    def halt(self) -> None:
        """Note that no more events come."""
        self.halted = True
        self.version += 1

    def stand(
        self, place: tuple[int, int] | None, place_in_line: int | None, common_limit: CommonLimit | None
    ) -> None:
        """Note where it stands among others, and the limit that it shares with them."""
        standing = (place, place_in_line, common_limit)
        if standing != (self.place, self.place_in_line, self.common_limit):
            self.place, self.place_in_line, self.common_limit = standing
            self.version += 1

    def hold_back(self, why: str | None) -> None:
        """Note that the common budget lets it begin nothing, and why, or that it lets it again."""
        if why != self.no_money:
            self.no_money = why
            self.version += 1

    def hold(self, at: float) -> None:
        """Note that nothing can be stored from `at` on; the evaluation waits until it can."""
        self.held_since = at
        self.version += 1

    def at(self, now: float) -> float:
        """The time to show at `now`: the clock stands still while nothing can be stored."""
        return now if self.held_since is None else min(now, self.held_since)

    def arriving(self, trial: int) -> str:
        """The text of the reply that is still arriving; empty when none is."""
        pieces = self._pieces.get(trial)
        if not pieces:
            return ""
        if len(pieces) > 1:
            pieces[:] = ["".join(pieces)]
        return pieces[0]

    def turns(self, trial: int) -> int:
        """The number of complete turns of the trial's conversation seen since this object was made."""
        return self._turns.get(trial, 0)
