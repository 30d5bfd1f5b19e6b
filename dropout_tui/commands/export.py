"""``dropout-tui export``: writes a stored evaluation to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from dropout_core.reports.csv_table import csv_table
from dropout_core.reports.html.page import html_page
from dropout_core.reports.inspect.archive import inspect_archive
from dropout_core.reports.inspect.log import inspect_log
from dropout_core.reports.inspect.names import file_name
from dropout_core.reports.json_document import json_document
from dropout_core.reports.record import Record
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.command_line.written_report import STANDARD_OUTPUT, write_report
from dropout_tui.exit_codes import EXIT_USAGE

FORMATS: Mapping[str, Callable[[Record], Iterator[str | bytes]]] = {
    "json": json_document,
    "csv": csv_table,
    "html": html_page,
    "inspect": inspect_archive,
}
INSPECT = "inspect"


def export(path: Path, number: int, format_name: str, out: str, complain: Complain, *, force: bool) -> int:
    """Write one evaluation to `out`, ``-`` for the output; an existing file only with `force`."""
    report = FORMATS.get(format_name)
    if report is None:
        complain(f"--format is {format_name!r}; choose one of {', '.join(FORMATS)}")
        return EXIT_USAGE
    with opened_store(path, create=False) as store:
        state = state_of(store, number, complain)
        conversation, annotation = partial(store.conversation, number), store.annotation(number)
        record = Record(number, state, conversation, annotation)
        out = _file_in_folder(out, record, format_name)
        if format_name == INSPECT and not out.endswith(".eval"):
            if out != STANDARD_OUTPUT and not out.endswith(".json"):
                complain(
                    f"Inspect reads no log called {Path(out).name!r}; name it .eval or .json, or give a folder"
                )
                return EXIT_USAGE
            report = inspect_log
        title = f"Evaluation {number}"
        return write_report(report(record), out, path, complain, title=title, force=force)


def _file_in_folder(out: str, record: Record, format_name: str) -> str:
    """The file that is meant: where `out` is a folder, one in it, whose name Inspect finds or says what it is."""
    folder = Path(out).expanduser()
    if not out.endswith("/") and not folder.is_dir():
        return out
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return out  # reported when it is written to
    named = file_name(record) if format_name == INSPECT else f"evaluation-{record.number}.{format_name}"
    return str(folder / named)
