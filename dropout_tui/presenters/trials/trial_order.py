"""The order of the table's rows: by any column, ascending or descending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dropout_core.state.trial_state import TrialState
from dropout_tui.text.labels import STATUSES


class Column(StrEnum):
    """A column that rows can be ordered by."""

    RUN = "run"
    STATUS = "status"
    STEP = "step"
    TIME = "time"
    TOKENS = "tokens"
    REASON = "reason"


Key = tuple[int, float, str]
_RANKS = {status: rank for rank, status in enumerate(STATUSES)}
_NOTHING_TO_COMPARE: Key = (1, 0.0, "")


@dataclass(frozen=True, slots=True)
class Order:
    """A column and a direction."""

    column: Column = Column.RUN
    descending: bool = False

    def toggled(self, column: Column) -> Order:
        """The order by `column`; reversed when it is by that column already."""
        return replace(self, descending=not self.descending) if column is self.column else Order(column)

    def next(self, columns: Sequence[Column]) -> Order:
        """The order by the next of `columns`, from left to right and round again."""
        here = columns.index(self.column) if self.column in columns else -1
        return Order(columns[(here + 1) % len(columns)])


BY_RUN = Order()


def key_of(trial: TrialState, column: Column) -> Key:
    """The sort key of `trial`. It changes only when an attempt ends, so that rows in flight stay in place."""
    latest = trial.latest
    match column:
        case Column.RUN:
            return (0, trial.number, "")
        case Column.STATUS:
            return (0, _RANKS[trial.status], "")
        case Column.REASON:
            return _reason_key(trial)
    if latest is None or not trial.status.settled:
        return _NOTHING_TO_COMPARE
    match column:
        case Column.STEP:
            return (0, latest.step, "")
        case Column.TIME:
            return (0, latest.busy_seconds, "")
        case _:
            return (0, latest.tokens, "")


def ordered(trials: Sequence[TrialState], order: Order) -> list[TrialState]:
    """`trials` in `order`. Equal ones keep their order; those without a key stand last."""
    keys = [key_of(trial, order.column) for trial in trials]
    return [trials[index] for index in ranking(keys, descending=order.descending)]


def ranking(keys: Sequence[Key], *, descending: bool) -> list[int]:
    """The indices of `keys` in order: stable in both directions, with missing keys last."""
    comparable = [place for place, key in enumerate(keys) if not key[0]]
    comparable.sort(key=keys.__getitem__, reverse=descending)
    return comparable + [place for place, key in enumerate(keys) if key[0]]


def _reason_key(trial: TrialState) -> Key:
    latest = trial.latest
    if latest is None or latest.verdict is None or not trial.status.settled:
        return _NOTHING_TO_COMPARE
    verdict = latest.verdict
    if verdict.passed:
        return _NOTHING_TO_COMPARE
    for place, check in enumerate(verdict.checks):
        if check.id == verdict.cause:
            return (0, place, check.measured or "")
    return (0, len(verdict.checks) + 100, verdict.cause or verdict.reason)
