"""Events of an evaluation that runs: added to its state, stored and logged, each as it happens."""

from __future__ import annotations

from collections.abc import Callable

from dropout_core.costs.costs import request_at_most, typical_attempt
from dropout_core.running.event_log import log_event
from dropout_core.state import events
from dropout_core.state.evaluation_state import Folding
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_core.storage.journal import Journal
from dropout_core.values.seeds import derived_seed


class EventRecorder:
    """The one way in which anything of an evaluation that runs changes."""

    def __init__(self, fold: Folding, journal: Journal, clock: Callable[[], float]) -> None:
        """`clock` stamps the events that are made here."""
        self._fold = fold
        self._journal = journal
        self._clock = clock

    def now(self) -> float:
        """The time an event is stamped with."""
        return self._clock()

    def record(self, event: events.Event) -> None:
        """Take note of an event."""
        self._fold.add(event)
        self._journal.record(event)
        log_event(event)

    def new_attempt(self, trial: int) -> AttemptState:
        """Begin another attempt of a trial, with a seed of its own."""
        number = len(self._fold.trial(trial).attempts) + 1
        seed = derived_seed(self._fold.config.seed, trial, number)
        event = events.AttemptStarted(at=self._clock(), trial=trial, attempt=number, seed=seed)
        self.record(event)
        return AttemptState(number, seed, started_at=event.at)

    def reopened(self) -> None:
        """The evaluation goes on after its program ended or after it had ended itself."""
        self.record(events.EvaluationReopened(at=self._clock(), cut_off_at=self._fold.state.latest_at))

    def request_cut_off(self, trial: TrialState) -> None:
        """A request in flight when the program ended has been paid for: it cost about what others did."""
        attempt = trial.latest
        if attempt is None or not attempt.is_asking or self._fold.config.is_sample:
            return
        each = typical_attempt(self._fold.state) or request_at_most(self._fold.config)
        self.record(
            events.TryFailed(
                at=self._clock(),
                trial=trial.number,
                attempt=attempt.number,
                step=attempt.step,
                reason="in flight when the program was ended",
                discarded_text=False,
                input_tokens=round(each.input),
                output_tokens=round(each.output),
                estimated=True,
            )
        )
