"""The trials whose attempts wait for a slot, and what the budget lets through."""

from __future__ import annotations

from collections.abc import Callable, Container

from dropout_core.costs.budget import is_limited, may_begin
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.trials.live_trial import LiveTrials
from dropout_core.running.trials.slots import Slots
from dropout_core.state import events
from dropout_core.state.evaluation_state import Folding
from dropout_core.state.trial_state import AttemptState


class AttemptQueue:
    """Asks for slots on behalf of trials, and takes that back."""

    def __init__(
        self,
        slots: Slots,
        *,
        live: LiveTrials,
        fold: Folding,
        recorder: EventRecorder,
        granted: Callable[[int], None],
        may_take_turn: Callable[[], bool] | None = None,
    ) -> None:
        """`granted` is called with the number of a trial that has been given a slot. `may_take_turn` says whether it is
        this evaluation that may begin an attempt, where others run beside it.
        """
        self._slots = slots
        self._live = live
        self._fold = fold
        self._recorder = recorder
        self._granted = granted
        self._may_take_turn = may_take_turn
        self._is_open: bool | None = None
        """Whether attempts may begin beside those in flight; ``None`` until somebody wants to know."""

    def add(self, trial: int) -> None:
        """Let a trial wait for a slot."""
        self._slots.request(trial, lambda: self._granted(trial), under_way=self.is_under_way(trial))

    def is_under_way(self, trial: int) -> bool:
        """Whether a trial without a slot has an attempt that was answered already, and goes on."""
        return self._live.has_attempt(trial) or self._fold.trial(trial).is_under_way

    def withdraw(self, trial: int, reason: str) -> None:
        """Make no attempt of a trial that waits; one that had ended says again what it came to."""
        self._slots.cancel(trial)
        self._live[trial].rerun_asked = False
        if self._fold.trial(trial).rerun_waits:
            event = events.RerunWithdrawn(at=self._recorder.now(), trial=trial, reason=reason)
            self._recorder.record(event)

    def withdraw_all(self, reason: str, *, but: Container[int] = ()) -> None:
        """Begin no attempt that waits; those in memory keep waiting for their slots."""
        for trial in self._slots.waiting:
            if trial not in but and not self._live.has_attempt(trial):
                self.withdraw(trial, reason)

    def hold_to_decision(self, reason: str) -> None:
        """Begin no trial for the first time; what the user asked for, or is under way, keeps waiting."""
        waiting = self._slots.waiting
        self.withdraw_all(
            reason,
            but={trial for trial in waiting if self._live[trial].rerun_asked or self.is_under_way(trial)},
        )

    def dispatch(self) -> None:
        """Give free slots to the trials that wait, as far as the budget lets them begin.

        Asked in batches, none begins beside a round that has been submitted, until that has been graded: what it tells
        may decide the rate, and those that follow are to be one batch.
        """
        self._is_open = None
        self._slots.dispatch(self._may_have)

    @property
    def _round_is_open(self) -> bool:
        # Those that are begun in the same go have not left it either.
        if self._is_open is None:
            attempts = self.in_flight if self._fold.config.batch else ()
            self._is_open = not any(attempt.has_left_round for attempt in attempts)
        return self._is_open

    @property
    def in_flight(self) -> tuple[AttemptState, ...]:
        """Attempts that hold a slot."""
        latest = (self._fold.trial(number).latest for number in self._slots.taken)
        return tuple(attempt for attempt in latest if attempt is not None)

    @property
    def goes_on_next(self) -> bool:
        """Whether an attempt that was answered in part gets the next free slot. It comes before all others."""
        trial = self._slots.next
        return trial is not None and self.is_under_way(trial)

    @property
    def waits_for_its_turn(self) -> bool:
        """Whether nothing keeps a trial from a slot but that other evaluations come first."""
        trial = self._slots.next
        return self._may_take_turn is not None and trial is not None and self._is_affordable(trial)

    def _may_have(self, trial: int) -> bool:
        """Whether the trial may have a slot now."""
        if not (self.is_under_way(trial) or self._live[trial].rerun_asked or self._round_is_open):
            return False
        return self._is_affordable(trial) and (self._may_take_turn is None or self._may_take_turn())

    def _is_affordable(self, trial: int) -> bool:
        """Whether the budget lets the trial have a slot; an attempt under way always may go on."""
        if not is_limited(self._fold.config) or self.is_under_way(trial):
            return True
        return may_begin(self._fold.state, self.in_flight)
