"""A comparison in words."""

from __future__ import annotations

from collections.abc import Mapping

from dropout_core.analysis.comparison.comparison import CheckMoved, Comparison, Side
from dropout_core.statistics.difference import Difference, Direction
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.words.percent import percent
from dropout_tui.text.labels import Mark
from dropout_tui.text.sanitize import visible_line

RATES: Mapping[Direction, Mark] = {
    Direction.HIGHER: Mark("▲", "higher", "higher", "$text-accent"),
    Direction.LOWER: Mark("▼", "lower", "lower", "$text-accent"),
    Direction.UNDECIDED: Mark("?", "too early to say", "undecided", "$foreground-muted"),
}
"""How the second pass rate compares to the first."""

FAILURES: Mapping[Direction, Mark] = {
    Direction.HIGHER: Mark("▲", "fails more", "more", "$text-error"),
    Direction.LOWER: Mark("▼", "fails less", "less", "$text-success"),
    Direction.UNDECIDED: Mark("?", "too early", "undecided", "$foreground-muted"),
}
"""How often a check fails in the second evaluation, compared to the first."""

EACH_ALONE = "Each interval is for one check alone: of 20 that did not move, about 1 will look as if it had."


def headline(comparison: Comparison) -> str:
    """Whether the second rate can be told apart from the first."""
    found = comparison.rate
    if found.estimate is None:
        missing = "B" if comparison.first.graded else "A"
        return f"{missing} has no graded run yet, so there is nothing to compare"
    lo, hi = found.interval
    interval = f"95 % interval {points(lo)} … {points(hi)}"
    if points(found.estimate) == "0":
        said = f"A and B passed equally often, {interval}"
    else:
        way = "higher" if found.estimate > 0 else "lower"
        said = f"B is {way} by {_amount(found.estimate)}, {interval}"
    return said if found.direction is not Direction.UNDECIDED else f"{said}: {RATES[found.direction].word}"


def at_any_time(comparison: Comparison) -> str:
    """The statement that holds at any time, although both go on and are watched."""
    found = comparison.at_any_time
    said = f"at any time, although both go on: {interval_of(found)}"
    return f"{said}, {RATES[found.direction].word}"


def points(fraction: float) -> str:
    """A difference of rates in whole percentage points, with a minus sign if negative."""
    whole = round(fraction * 100)
    return f"−{-whole}" if whole < 0 else str(whole)


def signed(found: Difference) -> str:
    """The estimate with its sign: ``+12``, ``−50``, ``0``; empty when there is none."""
    if found.estimate is None:
        return ""
    text = points(found.estimate)
    return text if text.startswith("−") or text == "0" else f"+{text}"


def interval_of(found: Difference) -> str:
    """The interval in points: ``−78 … −5``; empty without an estimate."""
    return "" if found.estimate is None else f"{points(found.interval[0])} … {points(found.interval[1])}"


def mark_of_check(check: CheckMoved) -> Mark:
    """How the check changed, as far as its interval tells."""
    return FAILURES[check.difference.direction]


def share(count: tuple[int, int]) -> str:
    """A count with its share: ``7/10 70 %``."""
    failed, reached = count
    return f"{failed}/{reached} {percent(failed / reached)} %" if reached else "not reached"


def rate_line(side: Side) -> str:
    """A side's pass rate with its interval."""
    if side.rate is None:
        return "nothing graded" + (f", {side.void} void" if side.void else "")
    lo, hi = side.interval
    voids = f", {side.void} void" if side.void else ""
    return (
        f"{side.passed} of {side.graded} passed: {side.rate:.1%}, 95 % interval {lo * 100:.0f}–{hi * 100:.0f}"
        + voids
    )


def task_of(config: EvaluationConfig) -> str:
    """Model, prompt, suite and mode on a line."""
    return visible_line(" · ".join(parts_of(config)))


def parts_of(config: EvaluationConfig) -> tuple[str, ...]:
    """Model, prompt, suite and mode."""
    return config.model, config.prompt.rsplit("/", 1)[-1], config.asked, config.mode


def _amount(fraction: float) -> str:
    whole = abs(round(fraction * 100))
    return "1 point" if whole == 1 else f"{whole} points"
