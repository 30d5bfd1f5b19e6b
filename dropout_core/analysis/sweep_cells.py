"""The cells of a sweep, as far as they have come: where each stands in the grid, and its evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision

Place = tuple[tuple[str, str], ...]
"""The value of each axis of the grid, in the order of the axes."""


@dataclass(frozen=True, slots=True)
class SweepCell:
    """One cell of a sweep."""

    place: Place
    number: int | None
    """Of its evaluation; ``None`` where there is none."""
    state: EvaluationState | None
    cannot_run: str | None = None
    """Why there is none, in one line."""

    @property
    def decision(self) -> Decision:
        """Where its rate lies, at the cell's share of the sweep's error."""
        return Decision.UNDECIDED if self.state is None else self.state.decision

    def value(self, axis: str) -> str:
        """Its value on an axis."""
        return dict(self.place)[axis]


def axes_of(cells: Sequence[SweepCell]) -> dict[str, list[str]]:
    """The values of each axis, in the order in which they were given."""
    axes: dict[str, list[str]] = {}
    for cell in cells:
        for axis, value in cell.place:
            values = axes.setdefault(axis, [])
            if value not in values:
                values.append(value)
    return axes


def name_of(cell: SweepCell, axes: dict[str, list[str]]) -> str:
    """A cell by what tells it from the others: ```plain` + `strict```."""
    telling = [value for axis, value in cell.place if len(axes[axis]) > 1]
    said = telling or [value for axis, value in cell.place if axis in ("prompt", "suite")]
    return " + ".join(f"`{value}`" for value in said)


def main_cause(state: EvaluationState) -> tuple[str, int] | None:
    """The cause that most runs failed for, and how many; ``None`` where none failed."""
    causes = [(tally.first, name) for name, tally in state.checks if tally.first]
    if not causes:
        return None
    count, name = max(causes, key=lambda cause: cause[0])
    return name, count
