"""Evaluations that ask the same of the same model, looked at as one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dropout_core.analysis.failure_rates import suite_versions
from dropout_core.state.duplicate_replies import copies_of
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.pass_rate import Decision, wilson_interval
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.plan import Plan

_CHANGES_NO_ANSWER = frozenset({
    "seed", "runs", "concurrency", "sequential", "batch", "band", "tolerance", "until_decided", "budget",
    "max_total_tokens", "price", "timeout", "tries", "prompt", "prompt_from", "system_file", "task_file",
    "max_tokens_from", "decision_error", "sweep", "sweep_cell",
})  # fmt: skip
"""Settings that say how many runs there are, how fast, for how much, or where a text came from that is compared."""

Numbered = tuple[int, EvaluationState]
"""An evaluation's number and its state."""


def asked_of(config: EvaluationConfig) -> str:
    """Equal where the same model is asked the same, and judged by the same suite."""
    values = config.to_json()
    return json.dumps(
        {name: values[name] for name in values if name not in _CHANGES_NO_ANSWER}, sort_keys=True
    )


def equals(configs: Iterable[tuple[int, EvaluationConfig]]) -> dict[int, int]:
    """Of evaluations that ask what an earlier one asked, by their numbers, the number of the first that did."""
    first: dict[str, int] = {}
    in_order = sorted(configs, key=lambda each: each[0])
    known = {number: first.setdefault(asked_of(config), number) for number, config in in_order}
    return {number: one for number, one in known.items() if number != one}


@dataclass(frozen=True, slots=True)
class Together:
    """The counts of several evaluations, as if they were one."""

    numbers: tuple[int, ...]
    """The lowest first."""
    passed: int
    graded: int
    interval: tuple[float, float]
    """The Wilson 95 % interval of the pass rate."""
    decision: Decision
    """For the band of the evaluation that was asked about; undecided while one of them is under way."""
    band_chosen_after: int = 0
    """How many of the runs may have been seen when this band was chosen; 0 where it stood before any was graded."""

    @property
    def rate(self) -> float | None:
        """Passed over graded trials; ``None`` before the first."""
        return self.passed / self.graded if self.graded else None


def together(one: Numbered, others: Sequence[Numbered]) -> Together | None:
    """`one` with those of the `others` that were asked and judged as it was; ``None`` when there are none."""
    chosen = {_source(one): one}
    for other in sorted(others, key=lambda each: each[0]):
        if _belongs(one[1], other[1]):
            chosen.setdefault(_source(other), other)
    if len(chosen) < 2:
        return None
    equal = sorted(chosen.values(), key=lambda each: each[0])
    passed, graded = (
        sum(counts) for counts in zip(*((s.tally.passed, s.tally.graded) for _, s in equal), strict=True)
    )
    return Together(
        tuple(number for number, _ in equal),
        passed,
        graded,
        wilson_interval(passed, graded),
        _decision(one[1].config, [state for _, state in equal]),
        _band_chosen_after(one, equal),
    )


def _band_chosen_after(one: Numbered, equal: Sequence[Numbered]) -> int:
    """Runs that were there when an evaluation changed to the band, and those of an evaluation with another band, unless
    it began when the band of `one` stood already."""
    plan = Plan.of(one[1].config)

    def seen(number: int, state: EvaluationState) -> int:
        if Plan.of(state.config).decides_as(plan):
            return state.band_chosen_after
        stood = number > one[0] and not one[1].band_chosen_after
        return 0 if stood else state.tally.graded

    return sum(seen(*each) for each in equal)


def _source(numbered: Numbered) -> object:
    """Equal where the answers are no further sample: built-in ones of the same seed are the same answers, as are those
    imported from the same file."""
    number, state = numbered
    if state.config.imported is not None:
        return ("file", state.config.imported_digest)
    return ("seed", state.config.seed) if state.config.is_sample else number


def _belongs(one: EvaluationState, other: EvaluationState) -> bool:
    return (
        asked_of(one.config) == asked_of(other.config)
        and len(suite_versions(one) | suite_versions(other)) <= 1
    )


def _decision(config: EvaluationConfig, states: Sequence[EvaluationState]) -> Decision:
    """Which runs came in first would tell how they went, so nothing is decided while any are under way."""
    if any(state.ended_at is None for state in states):
        return Decision.UNDECIDED
    counted = (trial.counted for state in states for trial in state.trials)
    copies = copies_of(attempt.digest for attempt in counted if attempt is not None)
    if copies.are_many and not config.is_sample:
        return Decision.UNDECIDED
    passed = sum(state.in_order.passed for state in states)
    graded = sum(state.in_order.graded for state in states)
    return decide(passed, graded, config.band, config.tolerance, config.decision_error)
