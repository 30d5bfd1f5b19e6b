"""The line of a group's heading in the table."""

from __future__ import annotations

from dropout_tui.presenters.trials.trial_lines import Heading
from dropout_tui.text.numbers import pluralize
from dropout_tui.widgets.trials.trial_row import Part, fitted

_OPEN, _CLOSED = "▾", "▸"
_INDENT = 2


def heading_cells(heading: Heading, width: int) -> list[Part]:
    """The parts of the heading's line in `width` cells, without the cursor mark."""
    arrow = _CLOSED if heading.collapsed else _OPEN
    runs = len(heading.trials)
    number = pluralize(runs, "run")
    parts: list[Part] = [(f"{' ' * _INDENT * heading.depth}{arrow} ", "heading")]
    if heading.depth:
        parts += [(f"{number} {heading.title}", heading.kind)]
    else:
        parts += [(heading.title, heading.kind), (f"  {number}", "heading")]
    if heading.remark:
        parts.append((f"   {heading.remark}", "muted" if not heading.depth else ""))
    return fitted(parts, width)
