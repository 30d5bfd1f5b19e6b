"""The options of ``sweep``: the grid of evaluations that they lay out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace

from dropout_core.values.plan import RUNS_UNTIL_DECIDED
from dropout_tui.command_line.complaints import Complaint
from dropout_tui.command_line.options.values import form_of
from dropout_tui.command_line.stored_prompt import StoredPrompts
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.sweep.grid import AXES, Axis, Grid, GridProblem, axis, laid_out, setting_axis
from dropout_tui.settings.config_file import Settings
from dropout_tui.settings.named_tasks import name_task


def grid_of(options: argparse.Namespace, settings: Settings) -> Grid:
    """The grid that is asked for.

    Raises:
        Complaint: there is none to lay out.
    """
    try:
        axes = _axes_of(options)
        if not axes:
            grid_options = ", ".join((*AXES.values(), "--set-grid"))
            raise Complaint(
                f"nothing to lay out; give at least one of {grid_options}, or use dropout-tui run"
            )
        form = _form_for(axes, settings)
        options_given = {name: settings.named(name) for name in settings.texts}
        return laid_out(form, axes, options_given, StoredPrompts(settings.store).parsed)
    except GridProblem as problem:
        raise Complaint(str(problem)) from None


def _axes_of(options: argparse.Namespace) -> list[Axis]:
    given = {name: getattr(options, option[2:]) for name, option in AXES.items()}
    named = [axis(name, text) for name, text in given.items() if text is not None]
    return [*named, *map(setting_axis, options.set_grid)]


def _form_for(axes: Iterable[Axis], settings: Settings) -> LaunchForm:
    """What all cells have in common. Tasks on an axis are named by the user, and have suites of their own."""
    form = form_of(settings)
    if "runs" not in settings.texts:
        form = replace(form, runs=str(RUNS_UNTIL_DECIDED))
    for each in axes:
        if each.name == "task":
            form = replace(form, suite=settings.texts.get("suite", ""))
            for value in each.values:
                name_task(value)
    return form
