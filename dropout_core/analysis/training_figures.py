"""Figures for training: how often a group of rollouts is mixed, how varied and how task-related the failures are, and
what a run costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dropout_core.costs.costs import cost_so_far, spent
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.mixed_groups import MixedGroup, mixed_groups
from dropout_core.statistics.pass_rate import wilson_interval
from dropout_core.statistics.variety import Variety, variety_of


@dataclass(frozen=True, slots=True)
class BesideTask:
    """Share of the failures whose cause is not a check of the task."""

    count: int
    failed: int

    @property
    def share(self) -> float:
        """Their share of all failures."""
        return self.count / self.failed

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson 95 % interval of that share."""
        return wilson_interval(self.count, self.failed)


@dataclass(frozen=True, slots=True)
class Spent:
    """Cost per counted trial; all attempts are included, also those of void trials."""

    tokens: float
    dollars: float | None
    """``None`` when the model's price is not known."""


@dataclass(frozen=True, slots=True)
class TrainingFigures:
    """All the figures; those without any data are ``None``, or empty."""

    mixed: tuple[MixedGroup, ...]
    causes: Variety | None
    beside_task: BesideTask | None
    a_trial: Spent | None
    a_pass: Spent | None


def training_figures(state: EvaluationState) -> TrainingFigures:
    """The figures of `state`."""
    tally = state.tally
    return TrainingFigures(
        mixed=mixed_groups(tally.passed, tally.graded),
        causes=variety_of({name: checks.first for name, checks in state.checks}),
        beside_task=BesideTask(tally.task_unrelated, tally.failed) if tally.failed else None,
        a_trial=_shared_out(state, tally.graded),
        a_pass=_shared_out(state, tally.passed),
    )


def _shared_out(state: EvaluationState, trials: int) -> Spent | None:
    if not trials:
        return None
    cost = cost_so_far(state)
    return Spent(spent(state).total / trials, None if cost is None else cost / trials)


def figures_object(figures: TrainingFigures) -> dict[str, Any]:
    """The figures as plain JSON values; shares and chances are fractions."""
    causes, beside = figures.causes, figures.beside_task
    return {
        "mixed_groups": [
            {"size": group.size, "chance": group.chance, "interval": list(group.interval)}
            for group in figures.mixed
        ],
        "variety": None
        if causes is None
        else {
            "effective_causes": causes.effective,
            "largest": causes.largest,
            "share": causes.share,
            "interval": list(causes.interval),
        },
        "beside_task": None if beside is None else {"share": beside.share, "interval": list(beside.interval)},
        "per_trial": _spent_object(figures.a_trial),
        "per_pass": _spent_object(figures.a_pass),
    }


def _spent_object(spent: Spent | None) -> dict[str, Any] | None:
    if spent is None:
        return None
    return {"tokens": spent.tokens} | ({} if spent.dollars is None else {"cost": spent.dollars})
