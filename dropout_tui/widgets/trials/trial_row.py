"""The line of a trial in the table, and the columns that fit a width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from dropout_core.state.trial_state import Status, TrialState
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict
from dropout_tui.presenters.trials.trial_order import BY_RUN, Column, Order
from dropout_tui.text.labels import (
    flags_in_short,
    mark_of_outcome,
    mark_of_trial,
    words_of_thinking,
    words_of_wait,
)
from dropout_tui.text.numbers import count, elapsed
from dropout_tui.text.sanitize import visible_line

Part = tuple[str, str]
"""A text with the kind that styles it: a `Mark.kind`, ``"muted"`` or ``""``."""

GAP = 2
MARKED = "◆"
"""The mark after the number of a marked run."""
_ASCENDING, _DESCENDING = "▲", "▼"
_TITLES = {
    Column.RUN: "Run",
    Column.STATUS: "Status",
    Column.STEP: "Step",
    Column.TIME: "Time",
    Column.TOKENS: "Tokens",
    Column.REASON: "First failing check",
}
_TO_THE_RIGHT = frozenset({Column.RUN, Column.STEP, Column.TIME, Column.TOKENS})
_STATUS_WIDTH = len("● replying")
_ATTEMPTS_WIDTH = len(" ↻2")
_TIME_WIDTH = len("12:04 ")
_TOKENS_WIDTH = len("~12.4k")
_REASON_WORTH_HAVING = 24
_REASON_LEAST = 6

_BUSY = frozenset({Status.RUNNING, Status.PAUSING})


@dataclass(frozen=True, slots=True)
class Columns:
    """The width of each column in cells; 0 for one that is left out."""

    run: int
    status: int
    step: int
    time: int
    tokens: int
    reason: int


@dataclass(frozen=True, slots=True)
class Row:
    """The parts of a row that change while its trial does not: times and estimates."""

    trial: TrialState
    time: str
    tokens: str
    wait: str = ""
    """Why its request waits, with a countdown."""
    wait_in_short: str = ""


@lru_cache(maxsize=64)
def columns_for(width: int, *, highest: int, max_steps: int) -> Columns:
    """The columns that fit beside the cursor mark; `highest` is the largest trial number.

    Tokens are left out first, then steps, then times, so that the reason keeps some room.
    """
    run = max(3, len(str(highest)))
    status = _STATUS_WIDTH + (_ATTEMPTS_WIDTH if width >= 50 else 0)
    step = max(4, len(f"{max_steps}/{max_steps}")) if max_steps > 1 else 0
    wanted = {"time": _TIME_WIDTH, "step": step, "tokens": _TOKENS_WIDTH}

    def rest() -> int:
        shown = [run, status, *(cells for cells in wanted.values() if cells)]
        return width - 1 - sum(shown) - GAP * len(shown)

    for name in ("tokens", "step", "time"):
        if rest() < _REASON_WORTH_HAVING:
            wanted[name] = 0
    reason = rest()
    if reason < _REASON_LEAST:
        return Columns(run, max(1, width - 1 - run - GAP), 0, 0, 0, 0)
    return Columns(run, status, wanted["step"], wanted["time"], wanted["tokens"], reason)


def row_at(trial: TrialState, now: float, live_tokens: Callable[[int], int] | None) -> Row:
    """The row of a trial at a moment; `live_tokens` estimates the tokens of the arriving reply so far."""
    latest = trial.latest
    if latest is None or trial.status is Status.QUEUED:
        return Row(trial, "", "")
    arriving = live_tokens(trial.number) if live_tokens is not None and trial.status in _BUSY else 0
    tokens = (
        f"~{count(latest.tokens + arriving)}" if arriving else count(latest.tokens) if latest.tokens else ""
    )
    wait = in_short = ""
    if latest.wait is not None and trial.status in _BUSY:
        wait, in_short = words_of_wait(latest.wait, now), words_of_wait(latest.wait, now, in_short=True)
    elif trial.status in _BUSY:
        wait = in_short = words_of_thinking(latest, now)
    return Row(trial, elapsed(latest.seconds(now)), tokens, wait, in_short)


def cells_of(row: Row, columns: Columns, *, max_steps: int, marked: bool = False) -> list[Part]:
    """The parts of a line, each column padded to its width, with the gaps, without the cursor mark."""
    trial = row.trial
    latest = trial.latest
    mark = mark_of_trial(trial)
    parts: list[Part] = [(f"{trial.number:>{columns.run}}", ""), _MARKED_PART if marked else _GAP_PART]
    parts += fitted([(str(mark), mark.kind), *_attempts_part(trial)], columns.status)
    if columns.step:
        shown = latest is not None and latest.step and trial.status is not Status.QUEUED
        step = f"{latest.step}/{max_steps}" if latest is not None and shown else ""
        parts += [_GAP_PART, (f"{step:>{columns.step}}", "muted")]
    if columns.time:
        parts += [_GAP_PART, (f"{row.time:>{columns.time}}", "")]
    if columns.tokens:
        parts += [_GAP_PART, (f"{row.tokens:>{columns.tokens}}", "muted")]
    if columns.reason:
        wait = row.wait if cell_len(row.wait) <= columns.reason else row.wait_in_short
        waits: list[Part] = (
            [(wait, "void" if latest is not None and latest.wait else "muted")] if wait else []
        )
        parts += [_GAP_PART, *fitted(waits or reason_of(trial), columns.reason)]
    return parts


def header_of(columns: Columns, order: Order = BY_RUN) -> str:
    """The titles of the columns; an arrow after one shows that rows are ordered by it, and in which direction."""
    cells = []
    for column, width in widths_of(columns):
        title = _TITLES[column]
        by_this = column is order.column and order != BY_RUN
        arrow = (_DESCENDING if order.descending else _ASCENDING) if by_this else ""
        if column in _TO_THE_RIGHT:
            # The arrow stands in the gap, so that the title stays above its numbers.
            cells.append(f"{title:>{width}}{arrow:<{GAP}}")
        else:
            cells.append(f"{f'{title} {arrow}'.rstrip():<{width}}"[:width] + " " * GAP)
    return "".join(cells).rstrip()


def widths_of(columns: Columns) -> list[tuple[Column, int]]:
    """The columns that are shown, from left to right, and their widths."""
    widths = [
        (Column.RUN, columns.run),
        (Column.STATUS, columns.status),
        (Column.STEP, columns.step),
        (Column.TIME, columns.time),
        (Column.TOKENS, columns.tokens),
        (Column.REASON, columns.reason),
    ]
    return [(column, width) for column, width in widths if width]


def column_at(columns: Columns, x: int) -> Column | None:
    """The column `x` cells right of the first one; a gap belongs to the column before it."""
    for column, width in widths_of(columns):
        x -= width + GAP
        if x < 0:
            return column
    return None


def reason_of(trial: TrialState) -> list[Part]:
    """The reason of the latest attempt, or that of an earlier one while a new one is in flight."""
    latest = trial.latest
    if latest is None:
        return []
    if latest.verdict is not None and trial.status.settled:
        counted = trial.counted
        reason = [*_flagged(latest.verdict), *reason_of_verdict(latest.verdict)]
        if counted is None or counted is latest:
            return reason
        # First, because the row's status is not the one that counts.
        separator: list[Part] = [("  ", "")] if reason else []
        return [*_earlier(counted.number, counted.verdict, "counts"), *separator, *reason]
    before = next((attempt for attempt in reversed(trial.attempts) if attempt.verdict is not None), None)
    return _earlier(before.number, before.verdict, "was") if before is not None else []


def _flagged(verdict: Verdict) -> list[Part]:
    """The flags, before anything that may be cut off."""
    words = flags_in_short(verdict.flags)
    return [(f"{words}  ", "void")] if words else []


def reason_of_verdict(verdict: Verdict) -> list[Part]:
    """The first failing check with its measured value, and the others by name; or why there are no checks."""
    if verdict.outcome is Outcome.PASSED:
        return []
    first = verdict.first_failing
    if verdict.outcome is Outcome.VOID or first is None:
        return [(visible_line(verdict.reason), mark_of_outcome(verdict.outcome).kind)]
    title = visible_line(first.title)
    parts: list[Part] = [(f"{title}: ", "failed")]
    if first.id == "runs" or first.measured is None:
        # What the code did instead says more than that there is no array.
        parts.append((visible_line(first.message), ""))
    else:
        expected = f", expected {visible_line(first.expected)}" if first.expected else ""
        parts.append((f"{visible_line(first.measured)}{expected}", ""))
    others = [
        visible_line(check.title).lower()
        for check in verdict.checks
        if check.status is CheckStatus.FAILED and check is not first
    ]
    if others:
        parts.append((f"  also {', '.join(others)}", "muted"))
    return parts


def fitted(parts: list[Part], width: int) -> list[Part]:
    """The parts cut or padded to `width` cells, with ``…`` where something is left out."""
    kept: list[Part] = []
    left = width
    for position, (text, kind) in enumerate(parts):
        cells = cell_len(text)
        more_follows = any(text for text, _ in parts[position + 1 :])
        if cells > left or (cells == left and more_follows):
            kept.append((f"{set_cell_size(text, max(0, left - 1)).rstrip()}…", kind))
            left -= cell_len(kept[-1][0])
            break
        kept.append((text, kind))
        left -= cells
    if left > 0:
        kept.append((" " * left, ""))
    return kept


_GAP_PART: Part = (" " * GAP, "")
_MARKED_PART: Part = (MARKED.ljust(GAP), "chosen")


def _attempts_part(trial: TrialState) -> list[Part]:
    made = len(trial.attempts)
    return [(f" ↻{made if made < 10 else '+'}", "muted")] if made > 1 else []


def _earlier(number: int, verdict: Verdict | None, relation: str) -> list[Part]:
    if verdict is None:
        return []
    mark = mark_of_outcome(verdict.outcome)
    return [(f"attempt {number} {relation} ", "muted"), (str(mark), mark.kind)]
