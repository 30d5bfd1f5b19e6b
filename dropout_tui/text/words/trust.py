"""Why a verdict can be trusted, in one line: isolation, rules, error budget, flags, and gradings with other seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dropout_core.task.definition import Task
from dropout_core.verdict.isolation_levels import NOT_RUN, falls_short
from dropout_core.verdict.repeats import Repeats
from dropout_core.verdict.verdict import Verdict
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line

GAP = " · "


@dataclass(frozen=True, slots=True)
class GradedAgain:
    """The gradings of one answer with other seeds, as far as they have come."""

    repeats: Repeats
    planned: int
    is_under_way: bool = False

    def __str__(self) -> str:
        """``7 of 20 graded again``, ``20 of 20 the same``."""
        done = len(self.repeats.said)
        if self.is_under_way:
            return f"{done} of {self.planned} graded again, {self.repeats.same} the same; esc stops"
        return str(self.repeats) if done else "not graded again"


def trust_words(verdict: Verdict, task: Task | None, again: GradedAgain | None, width: int) -> str:
    """The line, shorter where it would not fit `width` cells; `task` is that of today, `None` where it is not there."""
    said = GAP.join(_parts(verdict, task, again, short=False))
    return said if len(said) <= width else GAP.join(_parts(verdict, task, again, short=True))


def _parts(verdict: Verdict, task: Task | None, again: GradedAgain | None, *, short: bool) -> Iterator[str]:
    if again is not None:
        yield str(again)
    yield _isolation(verdict, short=short)
    if verdict.suite_version:
        yield (
            f"{verdict.asked} v{verdict.suite_version}"
            if short
            else (f"suite {verdict.asked}, version {verdict.suite_version}")
        )
        yield _error_budget(verdict, task, short=short)
    yield pluralize(len(verdict.flags), "flag") if verdict.flags else "no flags"
    if again is None and verdict.suite_version:
        yield "t grades again"


def _isolation(verdict: Verdict, *, short: bool) -> str:
    level = visible_line(verdict.isolation)
    if verdict.isolation == NOT_RUN:
        return "no code was run"
    short_of_full = "! " if falls_short(verdict.isolation) else ""
    tested = "" if short else ", by self-test"
    return f"{short_of_full}isolation {level}{tested}"


def _error_budget(verdict: Verdict, task: Task | None, *, short: bool) -> str:
    """Of the rules that the verdict was reached by; those of other versions may differ."""
    known = None if task is None or task.version != verdict.suite_version else task.false_reject
    if known is None:
        return "errors not known" if short else "error budget not known"
    return f"errs < {known:.0e}" if short else f"a right answer fails < {known:.0e} of gradings"
