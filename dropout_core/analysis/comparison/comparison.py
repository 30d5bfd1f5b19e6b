"""Comparison of two evaluations: which settings differ, and whether their pass rates do."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.analysis.comparison.cautions import cautions
from dropout_core.analysis.comparison.prompt_origin import built_in_origin, changes_to_prompt
from dropout_core.analysis.failure_rates import Share, failure_shares
from dropout_core.models.http.credentials import one_line
from dropout_core.models.request_settings import SHOWN, written_fields
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.any_time_difference import any_time_difference
from dropout_core.statistics.difference import Difference, difference
from dropout_core.task.prompt_variants import diff_of_prompts
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.causes import cause_beside_task

_NOT_SETTINGS = frozenset({"prompt_text", "tools", "max_tokens_from", "system_file"})


@dataclass(frozen=True, slots=True)
class Side:
    """One of the evaluations."""

    number: int
    config: EvaluationConfig
    passed: int
    failed: int
    void: int
    interval: tuple[float, float]
    """The Wilson 95 % interval of its pass rate."""

    @property
    def graded(self) -> int:
        """The denominator of the pass rate."""
        return self.passed + self.failed

    @property
    def rate(self) -> float | None:
        """Passed over graded trials; ``None`` before the first."""
        return self.passed / self.graded if self.graded else None


@dataclass(frozen=True, slots=True)
class CheckMoved:
    """Failure rates of one check, or of one cause without checks, in both evaluations."""

    id: str
    first: Share
    """Failures, and the number of counted attempts that reached the check; 0 of 0 where it was not in the suite."""
    second: Share
    difference: Difference
    """Difference of the two shares of failures."""

    @property
    def beside_task(self) -> bool:
        """Whether this is a cause other than a check of the task; its shares are then of all graded trials."""
        return cause_beside_task(self.id) is not None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in which the evaluations differ."""

    name: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second evaluation beside the first."""

    first: Side
    second: Side
    rate: Difference
    at_any_time: Difference
    """Difference by the settled trials on either side; valid while both still run, however often it is looked at."""
    checks: tuple[CheckMoved, ...]
    """Checks that failed on either side, largest difference first; then causes other than checks, likewise."""
    settings: tuple[Setting, ...]
    prompt: tuple[str, ...]
    """A unified diff of the prompts, line by line; empty when they are equal."""
    prompt_origins: tuple[tuple[str, ...], ...]
    """A diff of each prompt that was made from a built-in one, and that one, where the other side is neither."""
    cautions: tuple[str, ...]
    """Reasons why the rates may not be comparable, a sentence each."""


def compare(first: tuple[int, EvaluationState], second: tuple[int, EvaluationState]) -> Comparison:
    """Compare two evaluations, each a number and its state."""
    (number_1, state_1), (number_2, state_2) = first, second
    sides = side_of(number_1, state_1), side_of(number_2, state_2)
    return Comparison(
        first=sides[0],
        second=sides[1],
        rate=difference((sides[0].passed, sides[0].graded), (sides[1].passed, sides[1].graded)),
        at_any_time=any_time_difference(_in_order(state_1), _in_order(state_2)),
        checks=_checks(state_1, state_2),
        settings=_settings(state_1.config, state_2.config),
        prompt=_prompt_diff(sides[0], sides[1]),
        prompt_origins=_prompt_origins(sides[0], sides[1]),
        cautions=cautions((state_1, state_2)),
    )


def _in_order(state: EvaluationState) -> tuple[int, int]:
    return state.in_order.passed, state.in_order.graded


def side_of(number: int, state: EvaluationState) -> Side:
    """Evaluation `number` as it is compared."""
    tally = state.tally
    return Side(number, state.config, tally.passed, tally.failed, tally.void, state.interval)


def _checks(first: EvaluationState, second: EvaluationState) -> tuple[CheckMoved, ...]:
    moved = [
        CheckMoved(name, one, other, difference(one, other))
        for name, (one, other) in failure_shares((first, second)).items()
    ]
    return tuple(sorted(moved, key=lambda check: (check.beside_task, -_size(check))))


def _size(check: CheckMoved) -> float:
    estimate = check.difference.estimate
    return -1.0 if estimate is None else abs(estimate)


def _settings(first: EvaluationConfig, second: EvaluationConfig) -> tuple[Setting, ...]:
    values = first.to_json(), second.to_json()
    return tuple(
        Setting(name, _shown(first, name), _shown(second, name))
        for name in values[0]
        if name not in _NOT_SETTINGS and values[0][name] != values[1][name]
    )


def _shown(config: EvaluationConfig, name: str) -> str:
    value = getattr(config, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "set":
        return written_fields(value) or "-"
    if name == "system" and value is not None:
        return config.system_file or one_line(value, SHOWN)
    return "-" if value is None else str(value)


def _prompt_diff(first: Side, second: Side) -> tuple[str, ...]:
    texts = first.config.prompt_text, second.config.prompt_text
    name, other = (f"#{side.number} {side.config.prompt}" for side in (first, second))
    return diff_of_prompts(*texts, name, other)


def _prompt_origins(first: Side, second: Side) -> tuple[tuple[str, ...], ...]:
    texts = {side.config.prompt_text: side for side in (first, second)}
    return tuple(
        changes
        for side in texts.values()
        if built_in_origin(side.config) not in texts
        and (changes := changes_to_prompt(side.number, side.config))
    )
