"""Writes a report of a stored evaluation to a file or to the output."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from dropout_core.reports.writing import CannotWrite, write_whole
from dropout_tui.command_line.open_store import Complain
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.sanitize import visible

STANDARD_OUTPUT = "-"


def write_report(
    pieces: Iterable[str | bytes], out: str, store: Path, complain: Complain, *, title: str, force: bool
) -> int:
    """Write `pieces` to `out`, ``-`` for the output; an existing file only with `force`, and never over `store`."""
    if out == STANDARD_OUTPUT:
        _print(pieces)
        return 0
    target = Path(out).expanduser()
    if target.exists() and target.samefile(store):
        complain(f"{target} is the store itself; give another file")
        return EXIT_USAGE
    try:
        write_whole(target, pieces, replace=force)
    except CannotWrite as error:
        complain(str(error))
        return EXIT_USAGE
    print(f"{title} written to {target}", file=sys.stderr)
    return 0


def _print(pieces: Iterable[str | bytes]) -> None:
    """Print `pieces`: unchanged to a file or a pipe, with control characters made visible on a terminal."""
    if sys.stdout.isatty():
        for piece in pieces:
            sys.stdout.write(visible(piece) if isinstance(piece, str) else repr(piece))
        return
    for piece in pieces:
        # UTF-8 whatever the locale's encoding: the reports declare it.
        sys.stdout.buffer.write(piece.encode("utf-8", "replace") if isinstance(piece, str) else piece)
