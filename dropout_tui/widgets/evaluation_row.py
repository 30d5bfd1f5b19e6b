"""What one stored evaluation says in a line of the history, and which columns a width has room for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from dropout_tui.amounts import percent, percent_range
from dropout_tui.stored_evaluation import StoredEvaluation, mark_of_standing
from dropout_tui.words import mark_of_decision

Part = tuple[str, str]
"""Text, and the kind it is styled as: a `Mark.kind`, ``"muted"`` or ``""``."""

ROOMY = 100
"""Cells from which columns stand two apart."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    name: str
    title: str
    width: int
    """In cells."""
    right: bool = False
    """Whether it holds numbers, which end at the same cell."""


@dataclass(frozen=True, slots=True)
class _Wish:
    column: Column
    weight: int
    """The column with the smallest weight goes first."""
    ideal: int = 0
    """The width at which most texts fit; before that, columns of less use are not shown."""
    at_most: int = 0
    """How wide it may grow; 0 leaves it as it is."""


_WISHES = (
    _Wish(Column("number", "#", 4, right=True), 10),
    _Wish(Column("when", "Started", 11), 5),
    _Wish(Column("model", "Model", 10), 9, ideal=16, at_most=32),
    _Wish(Column("task", "Task", 16), 2, ideal=26, at_most=36),
    _Wish(Column("runs", "Runs", 5, right=True), 1),
    _Wish(Column("passed", "Passed", 7, right=True), 4),
    _Wish(Column("rate", "Rate", 5, right=True), 8),
    _Wish(Column("interval", "95 %", 6, right=True), 6),
    _Wish(Column("decision", "Band", 12), 3),
    _Wish(Column("standing", "State", 13), 7),
)


def gap_at(width: int) -> int:
    """Cells between two columns."""
    return 2 if width >= ROOMY else 1


@lru_cache(maxsize=32)
def columns_for(width: int) -> tuple[Column, ...]:
    """The columns that fit into `width` cells, wider where there is room."""
    kept, gap = list(_WISHES), gap_at(width)

    def rest() -> int:
        return width - sum(wish.column.width for wish in kept) - gap * (len(kept) - 1)

    least = min(kept, key=lambda wish: wish.weight)
    if rest() < sum(wish.ideal - wish.column.width for wish in kept if wish.ideal):
        kept.remove(least)
    while len(kept) > 1 and rest() < 0:
        kept.remove(min(kept, key=lambda wish: wish.weight))
    widths = {wish.column.name: wish.column.width for wish in kept}
    spare = max(0, rest())
    limits = [(wish, wish.ideal) for wish in kept] + [(wish, wish.at_most) for wish in kept]
    for wish, limit in limits:
        more = max(0, min(spare, limit - widths[wish.column.name]))
        widths[wish.column.name] += more
        spare -= more
    return tuple(Column(c.name, c.title, widths[c.name], c.right) for c in (wish.column for wish in kept))


def header_of(columns: tuple[Column, ...], gap: int) -> str:
    """The titles over the columns."""
    return (" " * gap).join(_fitted(column.title, column) for column in columns)


def cells_of(row: StoredEvaluation, columns: tuple[Column, ...], gap: int, now: float) -> list[Part]:
    """The parts of a line, each column padded to its width, gaps included. `now` tells this year from others."""
    parts: list[Part] = []
    for column in columns:
        if parts:
            parts.append((" " * gap, ""))
        text, kind = _cell(row, column.name, now)
        parts.append((_fitted(text, column), kind))
    return parts


def _cell(row: StoredEvaluation, name: str, now: float) -> Part:
    match name:
        case "number":
            return str(row.number), "muted"
        case "when":
            return when(row.started_at, now), "muted"
        case "model":
            return row.model, ""
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
            mark = mark_of_standing(row.standing)
    return str(mark), mark.kind


def when(moment: float, now: float) -> str:
    """A moment in eleven cells: the day and the time, or the whole date in another year."""
    then = datetime.fromtimestamp(moment)
    return f"{then:%m-%d %H:%M}" if then.year == datetime.fromtimestamp(now).year else f"{then:%Y-%m-%d} "


def _fitted(text: str, column: Column) -> str:
    length = cell_len(text)
    if length > column.width:
        return set_cell_size(text, max(0, column.width - 1)) + "…" if column.width else ""
    padding = " " * (column.width - length)
    return padding + text if column.right else text + padding
