"""Shortens names that are too long for their place."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

_ELLIPSIS = "…"


def cut_in_the_middle(name: str, width: int) -> str:
    """`name` in at most `width` cells: its beginning and its end, which tells versions apart."""
    if cell_len(name) <= width:
        return name
    if width <= len(_ELLIPSIS):
        return _ELLIPSIS[:width]
    room = width - len(_ELLIPSIS)
    end = _last_cells(name, (room + 1) // 2)
    return set_cell_size(name, room - cell_len(end)) + _ELLIPSIS + end


def _last_cells(text: str, width: int) -> str:
    """The end of `text` that `width` cells hold."""
    kept = ""
    for character in reversed(text):
        if cell_len(character + kept) > width:
            break
        kept = character + kept
    return kept
