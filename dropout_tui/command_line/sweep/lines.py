"""A sweep without a screen: a line for each result and a matrix at the end, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TextIO

from dropout_core.analysis.sweep_cells import SweepCell, axes_of, name_of
from dropout_core.analysis.sweep_proposal import proposal
from dropout_core.reports.sweep_objects import cell_object, sweep_object
from dropout_core.state.events import Event, VerdictReached
from dropout_core.statistics.pass_rate import DECISION_ERROR, Decision
from dropout_core.values.config import SAMPLE_NOTICE
from dropout_tui.command_line.lines.report_lines import RULE, result_line
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.sweep_matrix import matrix_lines


class SweepPrinter:
    """Prints what each cell comes to, as it becomes durable."""

    def __init__(self, cells: Sequence[SweepCell], out: TextIO, *, as_json: bool) -> None:
        """Print about the sweep of `cells`, which stand as they do at its beginning."""
        self._cells = tuple(cells)
        self._axes = axes_of(cells)
        self._out = out
        self._as_json = as_json
        self._reasons_said: set[str] = set()

    def begin(self) -> None:
        """Print what stands before the first result."""
        if self._as_json:
            return
        ways = " × ".join(
            pluralize(len(values), axis) for axis, values in self._axes.items() if len(values) > 1
        )
        runs = max((cell.state.config.runs for cell in self._cells if cell.state is not None), default=None)
        most = "" if runs is None else f", at most {pluralize(runs, 'run')} each"
        self._print(
            f"Sweeping {pluralize(len(self._cells), 'cell')}{f' ({ways})' if ways else ''}{most}...",
            error_words(len(self._cells)),
            RULE,
        )

    def results(self, index: int, events: Sequence[Event]) -> None:
        """Print the results among the events of the cell at `index`."""
        for event in events:
            if isinstance(event, VerdictReached):
                name = visible_line(name_of(self._cells[index], self._axes))
                line = result_line(event.trial, event.verdict)
                self._print(f"{line[0]} {name}{line[1:]}")

    def name_of(self, cell: SweepCell) -> str:
        """What a cell is called in lines."""
        return visible_line(name_of(cell, self._axes))

    def cell_ended(self, cell: SweepCell) -> None:
        """Print what a cell came to."""
        if self._as_json:
            self._print(json.dumps(cell_object(cell)))
        elif cell.state is None:
            self._print(self._reason(cell))
        else:
            said = {Decision.IN: "in the band", Decision.UNDECIDED: "undecided"}.get(
                cell.decision, f"{cell.decision} the band"
            )
            tally = cell.state.tally
            name = visible_line(name_of(cell, self._axes))
            self._print(f"= {name}: {said}, {tally.passed}/{tally.graded} passed (evaluation {cell.number})")

    def end(self, cells: Sequence[SweepCell], stop_reason: str) -> None:
        """Print the matrix, and what to try next."""
        if self._as_json:
            self._print(json.dumps(sweep_object(cells, stop_reason)))
            return
        refused = [cell for cell in cells if cell.cannot_run and cell.cannot_run not in self._reasons_said]
        lines = [RULE, "Sweep:", *(f"  {line}" for line in matrix_lines(cells))]
        lines += [f"  {self._reason(cell)}" for cell in refused]
        lines.append(f"  Next: {visible_line(proposal(cells))}")
        if any(cell.state is not None and cell.state.config.is_sample for cell in cells):
            lines.append(f"  Note: {SAMPLE_NOTICE}")
        self._print(*lines, RULE)

    def _reason(self, cell: SweepCell) -> str:
        why = cell.cannot_run or "not begun"
        self._reasons_said.add(why)
        return f"✗ {visible_line(name_of(cell, self._axes))}: {visible_line(why)}"

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out)
        self._out.flush()


def error_words(cells: int) -> str:
    """How sure the decisions of so many cells are."""
    said = f"Anything false is said with a probability of {DECISION_ERROR:.0%} at most"
    return f"{said}." if cells < 2 else f"{said}: {DECISION_ERROR / cells:.2%} for each cell."
