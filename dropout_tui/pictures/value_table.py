"""A table of single elements: the input, the expected output, and the output."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content

from dropout_core.verdict.evidence import Example

_TOLERANCE = 2e-6
"""Relative. Examples without a place are kept to six digits."""
HEADINGS = ("at", "input", "expected", "got")


def is_wrong(example: Example) -> bool:
    """Whether the output differs from the expected one, as far as the stored digits tell."""
    if math.isnan(example.wanted):
        return not math.isnan(example.output)
    if example.place:
        return example.output != example.wanted
    return not math.isclose(example.output, example.wanted, rel_tol=_TOLERANCE)


def value_table(examples: Sequence[Example], *, judged: bool = True) -> list[Content]:
    """A line for each element under a line of headings. ``✗`` marks the wrong ones and ``✓`` the
    others, when the check `judged` them."""
    if not examples:
        return []
    columns = [column for column in _columns(examples) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    headings, *rows = zip(*columns, strict=True)
    lines = [Content.styled(f"  {_justified(headings, widths)}", "dim")]
    for example, row in zip(examples, rows, strict=True):
        text = _justified(row, widths)
        if judged and is_wrong(example):
            lines.append(Content.styled(f"✗ {text}", "$text-error"))
        else:
            lines.append(Content(f"{'✓' if judged else ' '} {text}"))
    return lines


def _columns(examples: Sequence[Example]) -> list[list[str]]:
    """Each heading with what stands under it; nothing where that is not known of any example."""
    given = any(not math.isnan(one.x) for one in examples)
    cells = [
        (
            ", ".join(map(str, one.place)),
            _written(one.x) if given else "",
            *_told_apart(one.wanted, one.output),
        )
        for one in examples
    ]
    return [[heading, *column] for heading, column in zip(HEADINGS, zip(*cells, strict=True), strict=True)]


def _justified(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _told_apart(wanted: float, output: float) -> tuple[str, str]:
    """Both numbers, with as many digits as it takes to see that they differ."""
    digits = next((n for n in range(5, 17) if f"{wanted:.{n}g}" != f"{output:.{n}g}"), 17)
    digits = 5 if wanted == output or math.isnan(wanted) else digits
    return _written(wanted, digits), _written(output, digits)


def _written(number: float, digits: int = 5) -> str:
    return "0" if number == 0 else f"{number:.{digits}g}"
