"""A ranking of evaluations in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from dropout_core.analysis.comparison.ranking import CheckAcross, Ranked, Ranking
from dropout_core.analysis.failure_rates import Share
from dropout_core.statistics.pass_rate import DECISION_ERROR
from dropout_core.tasks.check_titles import check_titles
from dropout_core.values.words.percent import percent
from dropout_tui.text.labels import BESIDE_TASK, Mark, mark_of_decision, title_of_failure
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.comparison import parts_of, task_of

MOST_NAMED = 12
"""The most evaluations named one after the other."""


def labels_of(ranking: Ranking) -> list[str]:
    """The name of each evaluation, or of model, prompt, suite and mode what is not the same in all."""
    parts = [parts_of(row.side.config) for row in ranking.rows]
    differ = [len(set(column)) > 1 for column in zip(*parts, strict=True)]
    # Where nothing differs, the model.
    shown = differ if any(differ) else [True]
    return [
        visible_line(row.annotation.name or " · ".join(compress(said, shown)))
        for row, said in zip(ranking.rows, parts, strict=True)
    ]


def in_full(row: Ranked) -> str:
    """The name and the tags of an evaluation, and what was asked of whom."""
    label = visible_line(row.annotation.label)
    return " · ".join(filter(None, (label, task_of(row.side.config))))


def rate_of(row: Ranked) -> str:
    """The pass rate: ``30 %``."""
    return "–" if row.side.rate is None else f"{percent(row.side.rate)} %"


def interval_of(row: Ranked) -> str:
    """The interval of the pass rate: ``11–60``."""
    return percent_range(row.side.interval) if row.side.graded else "–"


def count_of(row: Ranked) -> str:
    """Passed of graded runs: ``3/10``."""
    return f"{row.side.passed}/{row.side.graded}"


def decision_of(row: Ranked) -> Mark:
    """Where the rate lies, as far as it is decided."""
    return mark_of_decision(row.decision)


def share_of(share: Share) -> str:
    """How often a check failed: ``40 %``; a dash where it was not reached."""
    failed, reached = share
    return f"{percent(failed / reached)} %" if reached else "–"


def higher_than(row: Ranked, ranking: Ranking) -> str:
    """Which rates are known to be lower than that of `row`, and which higher."""
    above = [other.number for other in ranking.rows if row.number in other.lower]
    said = [
        f"{way} than {_named(numbers)}"
        for way, numbers in (("higher", row.lower), ("lower", above))
        if numbers
    ]
    others = len(ranking.rows) - 1 - len(row.lower) - len(above)
    if not said:
        return "not told apart from any other yet"
    rest = f"; not told apart from {'one' if others == 1 else others}" if others else ""
    return " and ".join(said) + rest


def how_sure(ranking: Ranking) -> str:
    """What the intervals and the order are worth."""
    error = f"an error of {DECISION_ERROR * 100:g} % over all {ranking.pairs:,} pairs"
    return f"Each interval is of 95 % by itself; higher and lower are said at any time, with {error}."


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(f"#{number}" for number in numbers[:MOST_NAMED])
    return shown if len(numbers) <= MOST_NAMED else f"{shown} and {len(numbers) - MOST_NAMED} more"


def title_across(check: CheckAcross, ranking: Ranking) -> str:
    """The title of a check, by the first evaluation whose suite has it."""
    suites = (check_titles(row.side.config) for row in ranking.rows)
    return title_of_failure(check.id, next((titles for titles in suites if check.id in titles), {}))


def share_in_full(check: CheckAcross, at: int, ranking: Ranking) -> str:
    """How often a check failed in the evaluation in the place `at`."""
    (failed, reached), number = check.shares[at], ranking.rows[at].number
    title = title_across(check, ranking)
    if not reached:
        return f"{title}: no run of #{number} {'is graded' if check.beside_task else 'reached it'}"
    whose = f"graded runs, {BESIDE_TASK}" if check.beside_task else "runs that reached it"
    return f"{title}: fails {failed} of the {reached} {whose} in #{number}, {share_of((failed, reached))}"
