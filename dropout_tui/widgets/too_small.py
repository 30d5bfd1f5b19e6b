"""The message shown instead of a screen when the terminal is too small."""

from __future__ import annotations

from textual.widgets import Static

SLIVER, FLAT = "-sliver", "-flat"
"""The classes of a screen that is too narrow, and of one that is too low; its breakpoints set them."""


class TooSmall(Static):
    """Covers everything else on a screen that is a `SLIVER` or `FLAT`. The focus stays where it was."""

    SCOPED_CSS = False
    DEFAULT_CSS = f"""
    TooSmall {{ display: none; layer: too-small; dock: top; width: 100%; height: 100%; background: $background; }}
    Screen.{SLIVER}, Screen.{FLAT} {{
        layers: default too-small;
        overflow: hidden;
        & > TooSmall {{ display: block; }}
    }}
    """

    def __init__(self, columns: int, lines: int, meanwhile: str) -> None:
        """`columns` and `lines` are the least that fit; `meanwhile` says what goes on and which key leaves."""
        super().__init__(
            f"Make this terminal larger: {columns}×{lines} is the least. {meanwhile}", markup=False
        )
