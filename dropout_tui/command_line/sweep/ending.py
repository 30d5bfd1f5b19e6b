"""How a sweep has ended: the exit status, and what is said on the error output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dropout_core.analysis.sweep_cells import SweepCell
from dropout_core.costs.budget import BUDGET
from dropout_core.state.end_reasons import COMPLETED, DECIDED
from dropout_core.statistics.pass_rate import Decision
from dropout_tui.exit_codes import EXIT_GRADED, EXIT_INTERRUPTED, EXIT_NOT_IN_BAND, EXIT_SOME_VOID, EXIT_USAGE
from dropout_tui.presenters.sweep.live_sweep import has_nothing_left
from dropout_tui.text.numbers import pluralize

ENDED = (COMPLETED, DECIDED)
GO_ON = "the same command goes on with it"


@dataclass(frozen=True, slots=True)
class SweepEnding:
    """The exit status, and the lines that say why."""

    status: int
    lines: tuple[str, ...] = ()


INTERRUPTED = SweepEnding(EXIT_INTERRUPTED, (f"interrupted; {GO_ON}",))


def reason_of_end(cells: Sequence[SweepCell], stop_reason: str | None) -> str:
    """Why a sweep ended, in one word or line; `stop_reason` is what stopped all cells, if anything did."""
    if stop_reason is not None:
        return stop_reason
    return DECIDED if all(cell.decision is not Decision.UNDECIDED for cell in cells) else COMPLETED


def ending_of(
    cells: Sequence[SweepCell], stop_reason: str | None, *, require_band: bool, reasons_are_said: bool
) -> SweepEnding:
    """The ending of a sweep that was not interrupted. With `reasons_are_said`, why cells cannot run stands
    elsewhere already, and they are only counted here."""
    if stop_reason == BUDGET:
        return SweepEnding(EXIT_USAGE, (f"the budget lets no further run begin; with a larger one {GO_ON}",))
    refused = [cell.cannot_run for cell in cells if cell.state is None and cell.cannot_run is not None]
    stopped = [
        cell.state.stop_reason or "some trials are paused"
        for cell in cells
        if cell.state is not None and not has_nothing_left(cell.state)
    ]
    if refused or stopped:
        counted = [f"{pluralize(len(refused), 'cell')} cannot run"] if refused else []
        return SweepEnding(
            EXIT_USAGE, tuple(dict.fromkeys([*(counted if reasons_are_said else refused), *stopped]))
        )
    if require_band and not any(cell.decision is Decision.IN for cell in cells):
        return SweepEnding(EXIT_NOT_IN_BAND)
    void = any(cell.state is not None and cell.state.tally.void for cell in cells)
    return SweepEnding(EXIT_SOME_VOID if void else EXIT_GRADED)
