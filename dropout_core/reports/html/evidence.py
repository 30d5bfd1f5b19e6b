"""A check's evidence in the HTML report: where an array is not as expected, and some of its elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dropout_core.verdict.difference_map import DifferenceMap
from dropout_core.verdict.evidence import Evidence, Example

Escape = Callable[[object], str]


def evidence_row(evidence: Evidence | None, columns: int, escaped: Escape) -> str:
    """A row of the table of checks, `columns` wide; empty where there is no map of differences."""
    if evidence is None or evidence.differences is None:
        return ""
    call = "" if evidence.call is None else f"<p>{escaped(evidence.call)}</p>\n"
    shown = f"{call}{_map(evidence.differences, escaped)}{_elements(evidence.examples, escaped)}"
    return (
        f'<tr><td colspan="{columns}"><details open><summary>Where it differs</summary>\n'
        f"{shown}</details></td></tr>\n"
    )


def _map(differences: DifferenceMap, escaped: Escape) -> str:
    drawn = "\n".join(differences.drawn())
    words = "".join(f'<p class="small">{escaped(line)}</p>\n' for line in differences.words())
    return f'<pre class="map">{escaped(drawn)}</pre>\n{words}'


def _elements(examples: Sequence[Example], escaped: Escape) -> str:
    if not examples:
        return ""
    rows = "".join(
        f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in _cells(one))}</tr>\n" for one in examples
    )
    return f"<table>\n<tr><th>At</th><th>Given</th><th>Expected</th><th>Got</th></tr>\n{rows}</table>\n"


def _cells(one: Example) -> tuple[str, str, str, str]:
    given = "" if math.isnan(one.x) else f"{one.x:.6g}"
    return ", ".join(map(str, one.place)), given, f"{one.wanted:.6g}", f"{one.output:.6g}"
