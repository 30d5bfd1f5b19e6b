"""``dropout-tui export``: writes a stored evaluation to a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from dropout_core.reports.csv_table import csv_table
from dropout_core.reports.html_page import html_page
from dropout_core.reports.inspect_log import inspect_log
from dropout_core.reports.json_document import json_document
from dropout_core.reports.record import Record
from dropout_core.reports.writing import CannotWrite, write_whole
from dropout_core.storage.store import UnknownEvaluation
from dropout_tui.command_line.open_store import Complain, opened_store, said_of_unknown, state_of
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.sanitize import visible

FORMATS: Mapping[str, Callable[[Record], Iterator[str]]] = {
    "json": json_document,
    "csv": csv_table,
    "html": html_page,
    "inspect": inspect_log,
}
STANDARD_OUTPUT = "-"


def export(path: Path, number: int, format_name: str, out: str, complain: Complain, *, force: bool) -> int:
    """Write one evaluation to `out`, ``-`` for the output; an existing file only with `force`."""
    report = FORMATS.get(format_name)
    if report is None:
        complain(f"--format is {format_name!r}; choose one of {', '.join(FORMATS)}")
        return EXIT_USAGE
    with opened_store(path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        try:
            record = Record(number, state_of(store, number, complain), partial(store.conversation, number))
        except UnknownEvaluation as error:
            complain(said_of_unknown(error, path))
            return EXIT_USAGE
        if out == STANDARD_OUTPUT:
            _print(report(record))
            return 0
        target = Path(out).expanduser()
        if _is_the_store(target, path):
            complain(f"{target} is the store itself; give another file")
            return EXIT_USAGE
        try:
            write_whole(target, report(record), replace=force)
        except CannotWrite as error:
            complain(str(error))
            return EXIT_USAGE
        print(f"Evaluation {number} written to {target}", file=sys.stderr)
    return 0


def _print(pieces: Iterable[str]) -> None:
    """Print `text`: unchanged to a file or a pipe, with control characters made visible on a terminal."""
    if sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.write(visible(piece))
        return
    for piece in pieces:
        # UTF-8 whatever the locale's encoding: the reports declare it.
        sys.stdout.buffer.write(piece.encode("utf-8", "replace"))


def _is_the_store(target: Path, store: Path) -> bool:
    return target.exists() and target.samefile(store)
