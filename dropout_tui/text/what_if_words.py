"""What a change would make of the pass rate, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dropout_core.analysis.what_if import NO_CHANGE, WhatIf
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import percent_range, pluralize

HEADINGS = ("Change", "Passed", "Rate", "95 %", "Band", "Prompt")
IN_BAND = "◂ in the band"
RATE_IN_BAND = "◂ rate in the band, undecided"
NEVER_ASKED = "never asked"
NOT_KNOWN = "not known"
AS_IT_IS = "as it is"


def name_of(row: WhatIf) -> str:
    """The change: ``as it is``, ``without rate``, ``with dtype``, ``suite strict``."""
    name = row.change.name
    if name == NO_CHANGE:
        return AS_IT_IS
    return {"-": f"without {name[1:]}", "+": f"with {name[1:]}"}.get(name[0], name)


def band_words(row: WhatIf) -> str:
    """Where the rate lies. What is in the band is marked, and what only looks so says that it is not decided."""
    if row.decision is Decision.IN:
        return IN_BAND
    if row.decision is Decision.UNDECIDED and row.is_in_band:
        return RATE_IN_BAND
    return str(mark_of_decision(row.decision))


def prompt_words(row: WhatIf, base: WhatIf) -> str:
    """What the prompt never asked for; of what is not so after no change either, only what is new."""
    if row.change.asked:
        return ""
    new = [id_ for id_ in row.change.unasked if row is base or id_ not in base.change.unasked]
    if not new:
        return f"{NEVER_ASKED}: as now" if row.change.unasked else NOT_KNOWN
    return f"{NEVER_ASKED}: {new[0]}" if len(new) == 1 else f"{NEVER_ASKED}: {new[0]} and {len(new) - 1} more"


def cells_of(row: WhatIf, base: WhatIf) -> tuple[str, ...]:
    """The row of a table, below `HEADINGS`; `base` is that of no change."""
    rate = "–" if row.rate is None else f"{row.rate:.1%}"
    interval = "–" if row.rate is None else percent_range(row.interval)
    return (
        name_of(row), f"{row.passed}/{row.graded}", rate, interval, band_words(row), prompt_words(row, base),
    )  # fmt: skip


def notes_of(state: EvaluationState, rows: Sequence[WhatIf]) -> Iterator[str]:
    """What is to be known of the table as a whole."""
    base = rows[0]
    less = [row for row in rows if row.change.name.startswith("-")]
    most = max(less, key=lambda row: row.passed, default=None)
    if most is not None and most.passed > base.passed:
        freed = most.passed - base.passed
        yield f"{most.change.name[1:]} alone keeps {pluralize(freed, 'run')} from passing, more than any other check."
    elif less:
        yield "No check keeps a run from passing by itself."
    if base.open == 0 and (base.passed, base.graded) != (state.tally.passed, state.tally.graded):
        before = f"{state.tally.passed}/{state.tally.graded}"
        yield f"When it was run {before} passed: the checks judge otherwise today; regrade says what changed."
    if any(row.change.unasked for row in rows):
        yield "Answers are not to be blamed for what their prompt never asked: ask for it, and the rate is another."
    if (unknown := max(row.open for row in rows)) > 0:
        yield f"Up to {pluralize(unknown, 'answer')} could not be graded: the same command tries again."
    yield "Each row is right by itself; the best of many rows looks better than it is: run it to know."
