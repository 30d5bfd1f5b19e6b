"""The newest evaluations, for commands that were given no number."""

from __future__ import annotations

import argparse
from pathlib import Path

from dropout_tui.command_line.complaints import Complaint, complain
from dropout_tui.command_line.options.values import settings_of

TAKES_NEWEST = "takes_newest"
"""Name of the default that says how many evaluations a command takes; its arguments are called ``id`` or ``ids``."""


def fill_in_newest(options: argparse.Namespace) -> None:
    """Put the newest evaluations where a command takes some and none is given, and say which in one line.

    Raises:
        Complaint: there are not as many.
    """
    wanted: int = getattr(options, TAKES_NEWEST, 0)
    if not wanted or getattr(options, "id", None) or getattr(options, "ids", None):
        return
    numbers = _newest(settings_of(options).store, wanted)
    if wanted == 1:
        options.id = str(numbers[0])
        complain(f"evaluation {numbers[0]}, the newest")
    else:
        options.ids = [str(number) for number in sorted(numbers)]
        complain(f"evaluations {' and '.join(options.ids)}, the newest")


def _newest(path: Path, wanted: int) -> tuple[int, ...]:
    from dropout_tui.command_line.open_store import opened_store

    with opened_store(path, create=False) as store:
        numbers = store.newest(wanted)
    if len(numbers) < wanted:
        there = "there is no evaluation" if not numbers else "there is only one evaluation"
        raise Complaint(f"{there} in {path}; dropout-tui run makes one")
    return numbers
