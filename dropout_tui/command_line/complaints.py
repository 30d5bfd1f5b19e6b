"""What is said when something cannot be done: one clear line on the error output."""

from __future__ import annotations

import sys
from contextlib import suppress

from dropout_tui.text.sanitize import visible_line

PROGRAM = "dropout-tui"


class Complaint(Exception):
    """Ends the program with one clear line and the status of a usage error."""


def complain(text: str) -> None:
    """Write one line to the error output."""
    # The terminal may have been closed.
    with suppress(OSError):
        print(f"{PROGRAM}: {visible_line(text)}", file=sys.stderr, flush=True)
