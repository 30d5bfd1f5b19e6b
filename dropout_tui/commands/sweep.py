"""``dropout-tui sweep``: a grid of evaluations, run together until each is decided; as lines, or on a screen."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from dropout_core.sandbox import SandboxBroken
from dropout_core.state.events import Event
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.lease import EvaluationBusy
from dropout_core.storage.store import StoreUnusable
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.interruption import Interruption
from dropout_tui.command_line.lines.batch_notices import BatchNotices
from dropout_tui.command_line.lines.wait_notices import WaitNotices
from dropout_tui.command_line.open_store import Complain, opened_store
from dropout_tui.command_line.sweep.ending import GO_ON, INTERRUPTED, ending_of, reason_of_end
from dropout_tui.command_line.sweep.lines import SweepPrinter
from dropout_tui.command_line.sweep.running import RunningSweep, SweepOptions
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.presenters.sweep.grid import Grid


def sweep(path: Path, grid: Grid, options: SweepOptions, complain: Complain) -> int:
    """Run the sweep as lines, or go on with it where this store has it already."""
    with opened_store(path) as store:
        try:
            lines = _Lines(options, complain, sys.stdout)
            running = RunningSweep(store, grid, options, lines)
            return run_to_its_end(lambda: _run(running, lines, options, complain))
        except EvaluationBusy as error:
            complain(str(error))
        except StoreUnusable as error:
            complain(f"{error}; what was not stored is lost; {GO_ON}")
        except SandboxBroken as error:
            complain(str(error))
        except KeyboardInterrupt:
            complain(INTERRUPTED.lines[0])
            return EXIT_INTERRUPTED
        return EXIT_USAGE


async def _run(running: RunningSweep, lines: _Lines, options: SweepOptions, complain: Complain) -> int:
    """Run all cells, print what they come to, and give the exit status.

    The first Ctrl-C lets what is in flight end, unless it is in batches; the second, or another signal, cuts it off.
    """
    interrupted = Interruption(running, complain, in_batches=running.is_in_batches)
    has_ended = False
    try:
        with interrupted:
            async with running:
                await running.open()
                interrupted.evaluation = running
                if not interrupted:
                    printer = lines.begin(running)
                    running.start()
                    await running.finished(lambda index: printer.cell_ended(running.live.cell(index)))
                    cells = running.live.cells
                    printer.end(cells, reason_of_end(cells, running.stop_reason))
                    has_ended = True
    except asyncio.CancelledError:
        if not interrupted:
            raise
    ending = INTERRUPTED
    if has_ended and not interrupted:
        ending = ending_of(
            running.live.cells,
            running.stop_reason,
            require_band=options.lines.require_band,
            reasons_are_said=not options.lines.as_json,
        )
    for line in ending.lines:
        complain(line)
    return ending.status


class _Lines:
    """Prints what a sweep tells."""

    def __init__(self, options: SweepOptions, complain: Complain, out: TextIO) -> None:
        self._as_json = options.lines.as_json
        self._complain = complain
        self._out = out
        self._waits = WaitNotices(complain)
        self._printer: SweepPrinter | None = None
        self._batches: dict[int, BatchNotices] = {}
        """By the index of their cell."""

    def begin(self, running: RunningSweep) -> SweepPrinter:
        """Print what stands before the first result."""
        cells = running.live.cells
        self._printer = SweepPrinter(cells, self._out, as_json=self._as_json)
        self._printer.begin()
        for index, cell in enumerate(cells):
            if not running.is_open(index):
                self._printer.cell_ended(cell)
            elif cell.state is not None:
                self._batches[index] = BatchNotices(cell.state, self._complain, self._printer.name_of(cell))
        return self._printer

    def say(self, line: str) -> None:
        """See `SweepListener`."""
        self._complain(line)

    def received(self, index: int, events: Sequence[Event]) -> None:
        """See `SweepListener`."""
        if self._as_json or self._printer is None:
            return
        self._waits.receive(events)
        if index in self._batches:
            self._batches[index].receive(events)
        self._printer.results(index, events)

    def blocked(self, error: StoreBlocked | None) -> None:
        """See `SweepListener`."""
        if error is not None:
            self._complain(f"{error}; waiting, nothing is lost: it goes on when that has healed")
        else:
            self._complain("the store can be written to again; going on")
