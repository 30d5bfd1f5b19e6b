"""What a change would make of the pass rate, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dropout_core.analysis.what_if import NO_CHANGE, WhatIf
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Decision
from dropout_tui.text.labels import mark_of_decision
from dropout_tui.text.numbers import percent_range, pluralize

HEADINGS = ("Change", "Passed", "Rate", "95 %", "Band", "Prompt")
FIGURES = (1, 2, 3)
"""The columns that stand to the right."""
IN_BAND = "◂ in band"
RATE_IN_BAND = "◂ rate in band"
NEVER_ASKED = "never asked"
NOT_KNOWN = "not known"
AS_IT_IS = "as it is"
ONLY_ASKED = "only what was asked"


def name_of(row: WhatIf) -> str:
    """The change: ``as it is``, ``without rate``, ``with dtype``, ``only what was asked``, ``suite strict``."""
    name = row.change.name
    if name == NO_CHANGE:
        return AS_IT_IS
    if "," in name:
        return ONLY_ASKED
    return {"-": f"without {name[1:]}", "+": f"with {name[1:]}"}.get(name[0], name)


def band_words(row: WhatIf) -> str:
    """Where the rate lies. What is in the band is marked; of what is not decided, only the rate is said to be."""
    if row.decision is Decision.IN:
        return IN_BAND
    if row.decision is Decision.UNDECIDED and row.is_in_band:
        return RATE_IN_BAND
    return str(mark_of_decision(row.decision))


def prompt_words(row: WhatIf) -> str:
    """How many of the checks the prompt never asked for; where it is the one that is added, the row names it."""
    unasked = row.change.unasked
    if row.change.name == f"+{''.join(unasked)}":
        return NEVER_ASKED
    if unasked:
        return f"{len(unasked)} {NEVER_ASKED}"
    return "" if row.change.asked else NOT_KNOWN


def cells_of(row: WhatIf) -> tuple[str, ...]:
    """The row of a table, below `HEADINGS`."""
    rate = "–" if row.rate is None else f"{row.rate:.1%}"
    interval = "–" if row.rate is None else percent_range(row.interval)
    return (
        name_of(row), f"{row.passed}/{row.graded}", rate, interval, band_words(row), prompt_words(row),
    )  # fmt: skip


def notes_of(state: EvaluationState, rows: Sequence[WhatIf]) -> Iterator[str]:
    """What is to be known of the table as a whole; `state` is as it was when its answers were judged."""
    base = rows[0]
    less = [row for row in rows if row.change.name.startswith("-") and "," not in row.change.name]
    most = max((row.passed for row in less), default=0)
    if most > base.passed:
        names = [row.change.name[1:] for row in less if row.passed == most]
        freed = pluralize(most - base.passed, "run")
        alone = f"{names[0]} alone keeps" if len(names) == 1 else f"{' and '.join(names)} each alone keep"
        yield f"{alone} {freed} from passing, more than any other check."
    elif less:
        yield "No check keeps a run from passing by itself."
    if base.graded == state.tally.graded and base.passed != state.tally.passed:
        before = f"{state.tally.passed}/{state.tally.graded}"
        yield f"When it was run {before} passed: the checks judge otherwise today; regrade says what changed."
    unasked = list(dict.fromkeys(id_ for row in rows for id_ in row.change.unasked))
    if unasked:
        them = "it" if len(unasked) == 1 else "them"
        yield f"Never asked: {', '.join(unasked)}. A prompt that asks for {them} has another rate."
    if any(band_words(row) == RATE_IN_BAND for row in rows):
        yield "Rate in band: counted so, not decided."
    if base.graded and (unknown := max(row.open for row in rows)):
        yield f"By some rows {pluralize(unknown, 'answer')} could not be judged."
    yield "The best of many rows looks better than it is: run it to know."
