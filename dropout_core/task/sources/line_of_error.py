"""Line of a task's file in which an error was raised."""

from __future__ import annotations

import traceback
from pathlib import Path


def line_of(error: BaseException, path: Path) -> int | None:
    """The innermost line of the file that led to the error; `None` where none did."""
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(path)
    ]
    return lines[-1] if lines else None
