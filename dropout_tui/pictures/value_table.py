"""A table of single elements: the input, the expected output, and the output."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content

from dropout_core.verdict.evidence import Example

_TOLERANCE = 2e-6
"""Relative tolerance: examples are stored with six digits."""
HEADINGS = ("input", "expected", "got")


def is_wrong(example: Example) -> bool:
    """Whether the output differs from the expected one, as far as the stored digits tell."""
    if math.isnan(example.wanted):
        return not math.isnan(example.output)
    return not math.isclose(example.output, example.wanted, rel_tol=_TOLERANCE)


def value_table(examples: Sequence[Example], *, judged: bool = True) -> list[Content]:
    """A line for each element under a line of headings. ``✗`` marks the wrong ones and ``✓`` the
    others, when the check `judged` them."""
    if not examples:
        return []
    rows = [tuple(_written(value) for value in (one.x, one.wanted, one.output)) for one in examples]
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    lines = [Content.styled(f"  {_justified(HEADINGS, widths)}", "dim")]
    for example, row in zip(examples, rows, strict=True):
        text = _justified(row, widths)
        if judged and is_wrong(example):
            lines.append(Content.styled(f"✗ {text}", "$text-error"))
        else:
            lines.append(Content(f"{'✓' if judged else ' '} {text}"))
    return lines


def _justified(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _written(number: float) -> str:
    return "0" if number == 0 else f"{number:.5g}"
