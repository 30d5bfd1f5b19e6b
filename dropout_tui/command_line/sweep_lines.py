"""A sweep without a screen: a line for each result and a matrix at the end, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TextIO

from dropout_core.analysis.sweep_cells import SweepCell, axes_of, name_of
from dropout_core.analysis.sweep_proposal import proposal
from dropout_core.reports.sweep_objects import cell_object, sweep_object
from dropout_core.state.evaluation_state import Folding
from dropout_core.state.events import Event, VerdictReached
from dropout_core.statistics.pass_rate import DECISION_ERROR, Decision
from dropout_core.values.config import SAMPLE_NOTICE
from dropout_tui.command_line.report_lines import RULE, result_line
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.sweep_matrix import matrix_lines


class SweepPrinter:
    """Prints what each cell comes to, as it becomes durable."""

    def __init__(self, cells: Sequence[SweepCell], out: TextIO, *, as_json: bool) -> None:
        self.cells = list(cells)
        self._axes = axes_of(cells)
        self._out = out
        self._as_json = as_json

    def begin(self) -> None:
        """Print what stands before the first result."""
        if self._as_json:
            return
        ways = " × ".join(
            pluralize(len(values), axis) for axis, values in self._axes.items() if len(values) > 1
        )
        runs = max((cell.state.config.runs for cell in self.cells if cell.state is not None), default=None)
        most = "" if runs is None else f", at most {pluralize(runs, 'run')} each"
        share = DECISION_ERROR / max(1, len(self.cells))
        self._print(
            f"Sweeping {pluralize(len(self.cells), 'cell')}{f' ({ways})' if ways else ''}{most}...",
            f"Anything false is said with a probability of {DECISION_ERROR:.0%} at most: {share:.2%} for each cell.",
            RULE,
        )

    def listener(self, place: int) -> Callable[[Sequence[Event]], None]:
        """What the journal of the cell at `place` is listened to by."""

        def receive(events: Sequence[Event]) -> None:
            cell = self.cells[place]
            if cell.state is None:
                return
            folding = Folding(cell.state)
            for event in events:
                folding.add(event)
                if isinstance(event, VerdictReached) and not self._as_json:
                    line = result_line(event.trial, event.verdict)
                    self._print(f"{line[0]} {visible_line(name_of(cell, self._axes))}{line[1:]}")
            self.cells[place] = SweepCell(cell.place, cell.number, folding.state)

        return receive

    def cell_ended(self, place: int) -> None:
        """Print what the cell at `place` came to."""
        cell = self.cells[place]
        if self._as_json:
            self._print(json.dumps(cell_object(cell)))
        elif cell.state is None:
            self._print(f"✗ {visible_line(name_of(cell, self._axes))}: {visible_line(cell.cannot_run or '')}")
        else:
            said = {Decision.IN: "in the band", Decision.UNDECIDED: "undecided"}.get(
                cell.decision, f"{cell.decision} the band"
            )
            tally = cell.state.tally
            name = visible_line(name_of(cell, self._axes))
            self._print(f"= {name}: {said}, {tally.passed}/{tally.graded} passed (evaluation {cell.number})")

    def end(self, stop_reason: str) -> None:
        """Print the matrix, and what to try next."""
        if self._as_json:
            self._print(json.dumps(sweep_object(self.cells, stop_reason)))
            return
        lines = [RULE, "Sweep:", *(f"  {line}" for line in matrix_lines(self.cells))]
        lines.append(f"  Next: {visible_line(proposal(self.cells))}")
        if any(cell.state is not None and cell.state.config.is_sample for cell in self.cells):
            lines.append(f"  Note: {SAMPLE_NOTICE}")
        self._print(*lines, RULE)

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out)
        self._out.flush()
