"""Outline of a trial: what counts and totals are made of, and nothing to read, so that hundreds of thousands fit into
little memory."""

from __future__ import annotations

from dataclasses import replace

from dropout_core.state.duplicate_replies import MOST_COMPARED
from dropout_core.state.trial_state import AttemptState, StepTaken, TrialState
from dropout_core.verdict.packed_checks import PackedChecks
from dropout_core.verdict.verdict import Outcome, Verdict


class Outlines:
    """Makes outlines of ended trials; equal parts of them are kept once."""

    def __init__(self) -> None:
        self._verdicts: dict[object, Verdict] = {}
        self._attempts: dict[object, AttemptState] = {}
        self._whole = 0

    def of(self, trial: TrialState) -> TrialState:
        """The outline. The replies and the code of the first trials stay: duplicates are counted among them."""
        self._whole += 1
        keeps_text = self._whole <= MOST_COMPARED
        attempts = tuple(self._attempt(attempt, keeps_text=keeps_text) for attempt in trial.attempts)
        return TrialState(trial.number, attempts, trial.queued, trial.hold)

    def _attempt(self, attempt: AttemptState, *, keeps_text: bool) -> AttemptState:
        verdict = None if attempt.verdict is None else self._verdict(attempt.verdict)
        if keeps_text:
            return replace(attempt, verdict=verdict)
        bare = replace(
            attempt,
            seed=0,
            started_at=0.0,
            busy_seconds=round(attempt.busy_seconds, 2),
            code=None,
            origin="",
            steps=(StepTaken(0, 0, 0.0, attempt.stop_reason),) if attempt.steps else (),
            verdict=None,
        )
        return self._attempts.setdefault((bare, id(verdict)), replace(bare, verdict=verdict))

    def _verdict(self, verdict: Verdict) -> Verdict:
        # Whether a user voided it is told by the reason.
        reason = verdict.reason if verdict.outcome is Outcome.VOID else ""
        key = (
            verdict.outcome, reason, verdict.cause, verdict.statuses, verdict.flags, verdict.isolation, verdict.suite,
            verdict.suite_version, verdict.task,
        )  # fmt: skip
        if key not in self._verdicts:
            checks = PackedChecks(b"", 0, verdict.statuses)
            self._verdicts[key] = replace(verdict, reason=reason, seed=0, seconds=0.0, checks=checks)
        return self._verdicts[key]
