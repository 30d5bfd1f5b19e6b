"""Everything about the cell under the cursor, in a few lines."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.outlook import outlook
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.words.percent import percent
from dropout_tui.presenters.sweep.cell_figures import figures_of
from dropout_tui.presenters.sweep.live_sweep import in_flight, trouble_of
from dropout_tui.text.labels import Mark
from dropout_tui.text.numbers import percent_range, pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.outlook import outlook_words

_NO_FIGURES = "no run graded yet"


@dataclass(frozen=True, slots=True)
class CellDetail:
    """The lines, of which none is shortened."""

    name: str
    number: str
    """Of its evaluation: ``#12``; empty where there is none."""
    mark: Mark
    lines: tuple[str, ...]
    trouble: str = ""
    """Why it cannot run, or has stopped."""


def detail_of(cell: SweepCell, axes: dict[str, list[str]]) -> CellDetail:
    """The detail of a cell of the grid that these axes lay out."""
    telling = [f"{axis} {value}" for axis, value in cell.place if len(axes[axis]) > 1]
    name = visible_line(", ".join(telling or [f"{axis} {value}" for axis, value in cell.place]))
    mark = figures_of(cell).mark
    state = cell.state
    if state is None:
        return CellDetail(name, "", mark, (), visible_line(cell.cannot_run or ""))
    lines = [_figures(state), _decision(state), _causes(state)]
    trouble = trouble_of(state) or ""
    return CellDetail(name, f"#{cell.number}", mark, tuple(filter(None, lines)), visible_line(trouble))


def _figures(state: EvaluationState) -> str:
    tally, rate = state.tally, state.pass_rate
    if rate is None:
        said = [_NO_FIGURES]
    else:
        said = [
            f"{percent(rate)} % (95 %: {percent_range(state.interval)},"
            f" at any time {percent_range(state.sequence)})",
            f"{tally.passed:,} of {tally.graded:,} passed",
        ]
    under_way = in_flight(state)
    said += [f"{tally.void:,} void"] if tally.void else []
    said += [f"{under_way:,} in flight"] if under_way else []
    return ", ".join([*said, f"at most {pluralize(state.config.runs, 'run')}"])


def _decision(state: EvaluationState) -> str:
    """How many more runs a decision may take."""
    counts, config = state.in_order, state.config
    if state.decision is not Decision.UNDECIDED:
        return ""
    if state.has_copies:
        return "too many replies are equal for them to decide anything"
    if not counts.graded:
        return ""
    found = outlook(counts.passed, counts.graded, config.band, config.tolerance, config.decision_error)
    return ", ".join(outlook_words(found))


def _causes(state: EvaluationState) -> str:
    causes = sorted(
        ((name, tally.first) for name, tally in state.checks if tally.first), key=lambda cause: -cause[1]
    )
    said = ", ".join(f"{name} {count:,}" for name, count in causes)
    return visible_line(f"failed for: {said}") if said else ""
