"""The line of a stored evaluation in the history, and the columns that fit a width."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from dropout_core.values.words.percent import percent
from dropout_tui.presenters.evaluations.stored_evaluation import (
    Row,
    StoredEvaluation,
    UnreadableRow,
    mark_of_stored_status,
)
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.truncate import cut_in_the_middle

Part = tuple[str, str]
"""A text with the kind that styles it: a `Mark.kind`, ``"muted"`` or ``""``."""

ROOMY = 130
"""Least cells at which columns stand two cells apart."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    title: str
    width: int
    """In cells."""
    right: bool = False
    """Whether it holds numbers, which are aligned right."""


_COLUMNS = (
    Column("number", "#", 4, right=True),
    Column("label", "Name", 0),
    Column("when", "Started", 11),
    Column("model", "Model", 16),
    Column("task", "Task", 26),
    Column("runs", "Runs", 5, right=True),
    Column("passed", "Passed", 7, right=True),
    Column("rate", "Rate", 5, right=True),
    Column("interval", "95 %", 6, right=True),
    Column("decision", "Band", 12),
    Column("status", "State", 13),
)
_DAY = 5
_SHORT_MODEL = 16
_CONCESSIONS = (
    ("runs", 0),
    ("task", 25),
    ("when", _DAY),
    ("task", 22),
    ("passed", 0),
    ("task", 16),
    ("task", 0),
    ("label", 12),
    ("model", _SHORT_MODEL),
    ("when", 0),
    ("interval", 0),
    ("status", 0),
    ("model", 10),
    ("label", 0),
    ("decision", 0),
    ("rate", 0),
)
"""The columns made narrower or left out, in this order, until the rest fits; names of models late."""
_LONGEST_MODEL = 40
_LONGEST_LABEL = 30
_LONGEST_TASK = 36
_STATE_WITH_REASON = (30, 70)
"""Least cells at which the state holds its reason, and the most cells it takes then."""


def gap_at(width: int) -> int:
    """The cells between two columns."""
    return 2 if width >= ROOMY else 1


@lru_cache(maxsize=32)
def columns_for(width: int, model: int = 0, label: int = 0) -> tuple[Column, ...]:
    """The columns that fit `width` cells. The longest name of a model takes `model` of them, the longest name of an
    evaluation with its tags `label`."""
    wished = max(len("Model"), min(model, _LONGEST_MODEL))
    widths = {column.name: column.width for column in _COLUMNS} | {"model": wished}
    widths["label"] = min(label, _LONGEST_LABEL) if label else 0
    conceded: list[tuple[str, int]] = []
    for name, less in _CONCESSIONS:
        if _taken(widths, width) <= width:
            break
        conceded.append((name, widths[name]))
        widths[name] = min(less, widths[name])
    _grow(widths, "model", wished, width)
    for name, before in reversed(conceded):
        # The last column given up may have left room for the first.
        if _taken({**widths, name: before}, width) <= width:
            widths[name] = before
    if widths["task"]:
        _grow(widths, "task", _LONGEST_TASK, width)
    if width - _taken(widths, width) + widths["status"] >= _STATE_WITH_REASON[0]:
        _grow(widths, "status", _STATE_WITH_REASON[1], width)
    return tuple(Column(c.name, c.title, widths[c.name], c.right) for c in _COLUMNS if widths[c.name])


def _grow(widths: dict[str, int], name: str, most: int, width: int) -> None:
    """Widen a column by what is left of `width`, up to `most`."""
    widths[name] += max(0, min(most - widths[name], width - _taken(widths, width)))


def _taken(widths: Mapping[str, int], width: int) -> int:
    """The cells that the columns take, with the gaps between them."""
    shown = [cells for cells in widths.values() if cells]
    return sum(shown) + gap_at(width) * (len(shown) - 1)


def header_of(columns: tuple[Column, ...], gap: int) -> str:
    """The titles over the columns."""
    return (" " * gap).join(_fitted(_title(column), column) for column in columns)


def _title(column: Column) -> str:
    return "Day" if column.name == "when" and column.width <= _DAY else column.title


def cells_of(row: Row, columns: tuple[Column, ...], gap: int, now: float) -> list[Part]:
    """The parts of a line, each column padded to its width, gaps included. `now` tells this year from others."""
    if isinstance(row, UnreadableRow):
        return _unreadable(row, columns, gap)
    parts: list[Part] = []
    for column in columns:
        if parts:
            parts.append((" " * gap, ""))
        text, kind = _cell(row, column, now)
        parts.append((_fitted(text, column), kind))
    return parts


def _unreadable(row: UnreadableRow, columns: tuple[Column, ...], gap: int) -> list[Part]:
    """The number, and across all other columns why it cannot be read."""
    first, others = columns[0], columns[1:]
    room = sum(column.width for column in others) + gap * max(0, len(others) - 1)
    said = _fitted(f"✗ {row}", Column("why", "", room)) if others else ""
    return [(_fitted(str(row.number), first), "muted"), (" " * gap, ""), (said, "interrupted")]


def _cell(row: StoredEvaluation, column: Column, now: float) -> Part:
    match column.name:
        case "number":
            return str(row.number), "muted"
        case "when":
            return when(row.started_at, now, column.width), "muted"
        case "label":
            return row.label, ""
        case "model":
            return cut_in_the_middle(row.model, column.width), ""
        case "task":
            return f"{row.prompt} · {row.suite} · {row.mode}", "muted"
        case "runs":
            return str(row.runs), "muted"
        case "passed":
            return (f"{row.passed}/{row.graded}" if row.graded else "–"), "muted"
        case "rate":
            return ("–" if row.rate is None else f"{percent(row.rate)} %"), "rate"
        case "interval":
            return (percent_range(row.interval) if row.graded else "–"), "muted"
        case "decision" if not row.graded:
            return "–", "muted"
        case "decision":
            mark = mark_of_decision(row.decision)
        case _:
            mark = mark_of_stored_status(row.status)
            reason = row.why_interrupted if column.width >= _STATE_WITH_REASON[0] else ""
            return f"{mark}: {reason}" if reason else str(mark), mark.kind
    return str(mark), mark.kind


def when(moment: float, now: float, width: int) -> str:
    """A time: day and time, or the whole date in another year; in few cells the day, or the year."""
    then = datetime.fromtimestamp(moment)
    this_year = then.year == datetime.fromtimestamp(now).year
    if width <= _DAY:
        return f"{then:%m-%d}" if this_year else f"{then:%Y}"
    return f"{then:%m-%d %H:%M}" if this_year else f"{then:%Y-%m-%d}"


def _fitted(text: str, column: Column) -> str:
    length = cell_len(text)
    if length > column.width:
        return set_cell_size(text, max(0, column.width - 1)) + "…" if column.width else ""
    padding = " " * (column.width - length)
    return padding + text if column.right else text + padding
