"""``dropout-tui history``: the stored evaluations, the newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from dropout_core.analysis.band_terms import chosen_after_words
from dropout_core.analysis.comparison.equal_evaluations import equals
from dropout_core.storage.lease import leased_elsewhere
from dropout_core.storage.listing import EvaluationSummary, Listing, UnreadableEvaluation
from dropout_tui.command_line.open_store import opened_store
from dropout_tui.presenters.evaluations.stored_evaluation import (
    StoredStatus,
    mark_of_stored_status,
    stored_status_of,
)
from dropout_tui.text.columns import aligned, column_widths
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.truncate import cut_in_the_middle

_HEADS = ("ID", "NAME", "STARTED", "MODEL", "TASK", "PASSED", "RATE", "95 %", "DECISION", "EQUALS", "STATE")
_FIGURES = {0, 5, 6, 7}
"""The columns that stand to the right."""
_LEAST_WIDTHS = (4, 0, 16, 24, 30, 9, 6, 10, 9, 6, 0)
"""The least characters of each column."""
_NAME = _HEADS.index("NAME")
_NAME_WIDTH = 40
_TASK_WIDTH = 30
_MODEL_WIDTH = 40
"""The most characters of the name of a model."""
_STATE_WIDTH = 40
"""The most characters of the reason: a server's own words may be pages long."""


def history(path: Path, *, as_json: bool) -> int:
    """List the stored evaluations, the newest first."""
    with opened_store(path, create=False) as store:
        listing = store.listing()
        equal = equals((summary.number, summary.config) for summary in listing.readable)
        if as_json:
            for line in listing.lines:
                print(json.dumps(_object(line, equal)))
        elif not listing.lines:
            print(f"No evaluations yet in {path}; start one with: dropout-tui run")
        else:
            print(*_lines(listing, equal, leased_elsewhere(path)), sep="\n")
    return 0


def _lines(listing: Listing, equal: Mapping[int, int], elsewhere: frozenset[int]) -> Iterator[str]:
    """The heads, and a line for each evaluation. Without any name or tag, there is no column for them."""
    cells = {
        line.number: _cells(line, stored_status_of(line, elsewhere), equal.get(line.number))
        for line in listing.readable
    }
    named = any(row[_NAME] for row in cells.values())
    columns = [column for column in range(len(_HEADS)) if named or column != _NAME]
    longest = column_widths([_HEADS, *cells.values()])
    widths = [max(longest[column], _LEAST_WIDTHS[column]) for column in columns]
    right = {place for place, column in enumerate(columns) if column in _FIGURES}

    def line_of(row: Sequence[str]) -> str:
        return aligned([row[column] for column in columns], widths, right=right)

    yield line_of(_HEADS)
    for line in listing.lines:
        if isinstance(line, UnreadableEvaluation):
            yield visible_line(str(line))
        else:
            yield line_of(cells[line.number])


def _cells(summary: EvaluationSummary, status: StoredStatus, equal: int | None) -> tuple[str, ...]:
    config, graded = summary.config, summary.graded
    lo, hi = summary.interval
    return (
        f"{summary.number}",
        cut_in_the_middle(visible_line(summary.annotation.label), _NAME_WIDTH),
        datetime.fromtimestamp(summary.started_at).strftime("%Y-%m-%d %H:%M"),
        cut_in_the_middle(visible_line(config.model), _MODEL_WIDTH),
        cut_in_the_middle(
            visible_line(f"{Path(config.prompt).name} · {config.asked} · {config.mode}"), _TASK_WIDTH
        ),
        f"{summary.passed}/{graded}" if graded else "-",
        f"{summary.passed / graded:.1%}" if graded else "-",
        f"{lo * 100:.0f}-{hi * 100:.0f}" if graded else "-",
        summary.decision,
        "" if equal is None else f"{equal}",
        _state(summary, status),
    )


def _state(summary: EvaluationSummary, status: StoredStatus) -> str:
    """The status, in the words of the screen; then the reason, as far as there is room."""
    word = mark_of_stored_status(status).word
    said = f"running {word}" if status is StoredStatus.ELSEWHERE else word
    if summary.void:
        said += f", {summary.void} void"
    if summary.config.imported is not None:
        said += ", imported"
    for words in chosen_after_words(summary.band_chosen_after):
        said += f", band {words}"
    if status is StoredStatus.INTERRUPTED and summary.stop_reason not in (None, word):
        said += f": {visible_line(summary.stop_reason or '')}"
    return said if len(said) <= _STATE_WIDTH else said[: _STATE_WIDTH - 1] + "…"


def _object(line: EvaluationSummary | UnreadableEvaluation, equal: Mapping[int, int]) -> dict[str, object]:
    if isinstance(line, UnreadableEvaluation):
        return {"type": "unreadable", "id": line.number, "reason": line.why}
    return {**_history_object(line), "equals": equal.get(line.number)}


def _history_object(summary: EvaluationSummary) -> dict[str, object]:
    config, graded = summary.config, summary.graded
    return {
        "type": "evaluation",
        "id": summary.number,
        **summary.annotation.to_json(),
        "started_at": summary.started_at,
        "model": config.model,
        "prompt": config.prompt,
        "task": config.task,
        "suite": config.suite,
        "mode": config.mode,
        "seed": config.seed,
        "runs": config.runs,
        "passed": summary.passed,
        "failed": summary.failed,
        "void": summary.void,
        "pass_rate": summary.passed / graded if graded else None,
        "interval": list(summary.interval),
        "band": [config.band.lo, config.band.hi],
        "decision": summary.decision,
        "tolerance": config.tolerance,
        **({"band_chosen_after": summary.band_chosen_after} if summary.band_chosen_after else {}),
        "stop_reason": summary.stop_reason,
        "imported": config.imported,
    }
