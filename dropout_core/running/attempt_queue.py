"""The trials whose attempts wait for a slot, and what the budget lets through."""

from __future__ import annotations

from collections.abc import Callable, Container

from dropout_core.costs.budget import is_limited, may_begin
from dropout_core.running.event_recorder import EventRecorder
from dropout_core.running.live_trial import LiveTrials
from dropout_core.running.slots import Slots
from dropout_core.state import events
from dropout_core.state.evaluation_state import Folding


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
    ) -> None:
        """`granted` is called with the number of a trial that has been given a slot."""
        self._slots = slots
        self._live = live
        self._fold = fold
        self._recorder = recorder
        self._granted = granted

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
        """Give free slots to the trials that wait, as far as the budget lets them begin."""
        self._slots.dispatch(self._is_affordable)

    def _is_affordable(self, trial: int) -> bool:
        """Whether the budget lets the trial have a slot; an attempt under way always may go on."""
        if not is_limited(self._fold.config) or self.is_under_way(trial):
            return True
        in_flight = (self._fold.trial(number).latest for number in self._slots.taken)
        return may_begin(self._fold.state, (attempt for attempt in in_flight if attempt is not None))
