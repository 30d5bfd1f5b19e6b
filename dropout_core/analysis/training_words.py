"""Training figures in words."""

from __future__ import annotations

from collections.abc import Iterator

from dropout_core.analysis.training_figures import Spent, TrainingFigures
from dropout_core.costs.costs import dollars
from dropout_core.statistics.variety import Variety


def training_words(figures: TrainingFigures) -> tuple[str, ...]:
    """One line for each figure that is known."""
    return tuple(_lines(figures))


def _lines(figures: TrainingFigures) -> Iterator[str]:
    if figures.mixed:
        groups = (f"of {group.size} {_share(group.chance, group.interval)}" for group in figures.mixed)
        yield f"Groups of rollouts that are mixed: {', '.join(groups)}"
    if (causes := figures.causes) is not None:
        most = f"most are {causes.largest}, {_share(causes.share, causes.interval)}"
        yield f"Variety of failures: as {as_many_causes(causes)}; {most}"
    if (beside := figures.beside_task) is not None and beside.count:
        yield f"Failures beside the task: {_share(beside.share, beside.interval)}"
    if figures.a_trial is not None and figures.a_trial.tokens:
        passed = "" if figures.a_pass is None else f", a passed one {_spent(figures.a_pass)}"
        yield f"Total spent per graded run: {_spent(figures.a_trial)}{passed}"


def as_many_causes(causes: Variety) -> str:
    """``one cause``, ``2.8 equally frequent causes``."""
    effective = f"{causes.effective:.1f}"
    return "one cause" if effective == "1.0" else f"{effective} equally frequent causes"


def _share(share: float, interval: tuple[float, float]) -> str:
    return f"{share:.0%} ({interval[0] * 100:.0f}–{interval[1] * 100:.0f}%)"


def _spent(spent: Spent) -> str:
    tokens = f"{spent.tokens:,.0f} tokens"
    return f"{tokens}, {dollars(spent.dollars)}" if spent.dollars else tokens
