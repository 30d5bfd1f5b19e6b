"""``dropout-tui compare`` with more than two evaluations: ranks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dropout_core.analysis.comparison.ranking import Compared, Ranked, Ranking, rank
from dropout_core.statistics.pass_rate import DECISION_ERROR
from dropout_tui.command_line.lines.report_lines import RULE
from dropout_tui.command_line.open_store import Complain, opened_store, state_of
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.columns import aligned, column_widths
from dropout_tui.text.labels import BESIDE_TASK
from dropout_tui.text.rate_cells import axis_cells, label_cells
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.ranking import (
    count_of,
    decision_of,
    higher_than,
    how_sure,
    in_full,
    interval_of,
    rate_of,
    share_of,
)

_AXIS = 41
"""Cells of the axis: one for each 2.5 points."""
_FIGURES = {0, 2, 3, 4}


def compare_many(path: Path, numbers: Sequence[int], complain: Complain, *, as_json: bool) -> int:
    """Print the evaluations in the order of their pass rates, and how often each check fails in them."""
    with opened_store(path, create=False) as store:
        compared = [
            Compared(number, state_of(store, number, complain), store.annotation(number))
            for number in numbers
        ]
    ranking = rank(compared)
    if as_json:
        print(json.dumps(ranking_object(ranking)))
    else:
        print(*_lines(ranking, path), sep="\n")
    return 0


def ranking_object(ranking: Ranking) -> dict[str, Any]:
    """The ranking as plain JSON values; rates are fractions."""
    return {
        "type": "ranking",
        "evaluations": [_row_object(row) for row in ranking.rows],
        "checks": [
            {
                "id": check.id,
                "task_related": not check.beside_task,
                "evaluations": [
                    {"id": row.number, "failed": failed, "reached": reached}
                    for row, (failed, reached) in zip(ranking.rows, check.shares, strict=True)
                ],
            }
            for check in ranking.checks
        ],
        "pairs": ranking.pairs,
        "error": DECISION_ERROR,
        "cautions": list(ranking.cautions),
    }


def _row_object(row: Ranked) -> dict[str, Any]:
    side, config = row.side, row.side.config
    return {
        "id": row.number,
        **row.annotation.to_json(),
        "model": config.model,
        "task": config.task,
        "prompt": config.prompt,
        "suite": config.suite,
        "passed": side.passed,
        "failed": side.failed,
        "void": side.void,
        "pass_rate": side.rate,
        "interval": list(side.interval),
        "band": [config.band.lo, config.band.hi],
        "decision": str(row.decision),
        "higher_than": list(row.lower),
    }


def _lines(ranking: Ranking, path: Path) -> Iterator[str]:
    yield "Pass rates, the highest first:"
    heads = ("", label_cells(_AXIS, ranking.band), "", "95 %", "passed", "band", "")
    table = [heads, *map(_cells, ranking.rows)]
    widths = column_widths(table)
    yield from (aligned(cells, widths, right=_FIGURES) for cells in table)
    yield RULE
    told_apart = [row for row in ranking.rows if row.lower]
    for row in told_apart:
        yield f"▲ #{row.number}: {higher_than(row, ranking)}"
    if not told_apart:
        yield "? No rate is known to be higher than another yet"
    two = command_line(path, "compare", ranking.rows[1].number, ranking.rows[0].number)
    yield f"  {how_sure(ranking)}"
    yield f"  The difference of two, in points: {two}"
    for caution in ranking.cautions:
        yield f"Note: {caution}"
    yield from _checks(ranking)
    yield RULE


def _cells(row: Ranked) -> tuple[str, ...]:
    side = row.side
    drawn = axis_cells(_AXIS, side.config.band, side.interval if side.graded else None, side.rate)
    axis = "".join(sign for sign, _ in drawn)
    numbers = rate_of(row), interval_of(row), count_of(row)
    return (f"#{row.number}", axis, *numbers, str(decision_of(row)), in_full(row))


def _checks(ranking: Ranking) -> Iterator[str]:
    if not ranking.checks:
        yield "No check failed in any."
        return
    heads = ("", *(f"#{row.number}" for row in ranking.rows))
    rows = [(visible_line(check.id), *map(share_of, check.shares)) for check in ranking.checks]
    widths = column_widths([heads, *rows])
    figures = range(1, len(heads))
    yield "Checks, by how often they failed of the runs that reached them:"
    yield f"  {aligned(heads, widths, right=figures)}"
    beside = False
    for check, cells in zip(ranking.checks, rows, strict=True):
        if check.beside_task and not beside:
            beside = True
            yield f"Failures {BESIDE_TASK}, of all graded runs:"
        yield f"  {aligned(cells, widths, right=figures)}"
