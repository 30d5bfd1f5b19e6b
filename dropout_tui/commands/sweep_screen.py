"""``dropout-tui sweep`` on a terminal: the matrix, and its closing lines printed after it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.values.config import SAMPLE_MODEL, SAMPLE_NOTICE
from dropout_tui.app.base_app import problem_with_theme
from dropout_tui.app.startup import CannotOpen, FirstFrameText
from dropout_tui.app.sweep_app import SweepApp, SweepStart
from dropout_tui.exit_codes import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.settings.preferences import Preferences
from dropout_tui.text.numbers import pluralize

if TYPE_CHECKING:
    from dropout_tui.command_line.open_store import Complain
    from dropout_tui.command_line.sweep.running import SweepListener, SweepOptions
    from dropout_tui.presenters.sweep.grid import Grid


def sweep_screen(
    path: Path, grid: Grid, options: SweepOptions, complain: Complain, preferences: Preferences
) -> int:
    """Run the sweep on the screen, or go on with it where this store has it already; afterwards print what it came
    to."""
    if (problem := problem_with_theme(preferences.theme)) is not None:
        complain(problem)
        return EXIT_USAGE
    with ExitStack() as stack:

        def opening(listener: SweepListener) -> SweepStart:
            from dropout_core.storage.store import StoreUnusable
            from dropout_tui.command_line.open_store import open_store
            from dropout_tui.command_line.sweep.running import RunningSweep

            try:
                store = open_store(path)
                stack.callback(store.close)
                running = RunningSweep(store, grid, options, listener)
            except StoreUnusable as error:
                raise CannotOpen(str(error)) from None
            return SweepStart(store, LaunchForm(SAMPLE_MODEL), running=running)

        app = SweepApp(
            opening,
            _first_words(grid),
            allow_weak_sandbox=options.lines.allow_weak_sandbox,
            preferences=preferences,
        )
        app.run()
        return _closing(app, options, complain)


def _first_words(grid: Grid) -> FirstFrameText:
    configs = [cell.config for cell in grid.cells if cell.config is not None]
    notice = SAMPLE_NOTICE if any(config.is_sample for config in configs) else ""
    return FirstFrameText("Sweep", pluralize(len(grid.cells), "cell"), notice)


def _closing(app: SweepApp, options: SweepOptions, complain: Complain) -> int:
    """Print the matrix and what to try next, and return the exit status."""
    from dropout_tui.command_line.sweep.ending import GO_ON, INTERRUPTED, ending_of, reason_of_end
    from dropout_tui.command_line.sweep.lines import SweepPrinter

    if app.refused is not None:
        complain(app.refused)
        return EXIT_USAGE
    running = app.running
    if running is None:
        return app.return_code or EXIT_INTERRUPTED
    cells = running.live.cells
    if any(cell.state is not None for cell in cells):
        printer = SweepPrinter(cells, sys.stdout, as_json=False)
        printer.end(cells, reason_of_end(cells, running.stop_reason))
    if app.failure is not None:
        complain(f"{app.failure}; {GO_ON}")
        return EXIT_USAGE
    ending = ending_of(
        cells, running.stop_reason, require_band=options.lines.require_band, reasons_are_said=True
    )
    if app.was_interrupted:
        ending = INTERRUPTED
    for line in ending.lines:
        complain(line)
    return app.return_code or ending.status
