"""``dropout-tui export``: writes a stored evaluation to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from dropout_core.reports.csv_table import csv_table
from dropout_core.reports.html_page import html_page
from dropout_core.reports.inspect_log import inspect_log
from dropout_core.reports.json_document import json_document
from dropout_core.reports.record import Record
from dropout_core.storage.store import UnknownEvaluation
from dropout_tui.command_line.open_store import Complain, opened_store, said_of_unknown, state_of
from dropout_tui.command_line.written_report import write_report
from dropout_tui.exit_codes import EXIT_USAGE

FORMATS: Mapping[str, Callable[[Record], Iterator[str]]] = {
    "json": json_document,
    "csv": csv_table,
    "html": html_page,
    "inspect": inspect_log,
}


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
            state = state_of(store, number, complain)
            conversation, annotation = partial(store.conversation, number), store.annotation(number)
            record = Record(number, state, conversation, annotation)
        except UnknownEvaluation as error:
            complain(said_of_unknown(error, path))
            return EXIT_USAGE
        title = f"Evaluation {number}"
        return write_report(report(record), out, path, complain, title=title, force=force)
