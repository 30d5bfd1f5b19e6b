"""What a change would make of the rate, in words."""

from __future__ import annotations

from dropout_core.analysis.what_if import Change, WhatIf
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_tui.text.words.what_if import band_words, cells_of, name_of, notes_of, prompt_words
from tests.tui.states import evaluation_state


def row(
    name: str,
    passed: int,
    graded: int = 10,
    *,
    unasked: tuple[str, ...] = (),
    asked: bool | None = None,
    decision: Decision = Decision.UNDECIDED,
    unknown: int = 0,
) -> WhatIf:
    change = Change(name, "basic", frozenset(), not unasked if asked is None else asked, unasked)
    return WhatIf(change, passed, graded, unknown, Band(0.1, 0.4), decision)


def notes(*rows: WhatIf) -> str:
    return " ".join(notes_of(evaluation_state(runs=1), rows))


def test_each_change_has_a_name() -> None:
    names = ["none", "-rate", "+dtype", "-rate,-shape", "suite strict"]
    said = ["as it is", "without rate", "with dtype", "only what was asked", "suite strict"]
    assert [name_of(row(name, 1)) for name in names] == said


def test_what_lies_in_the_band_is_marked_and_said_to_be_decided_or_not() -> None:
    assert band_words(row("none", 2)) == "◂ rate in band"
    assert band_words(row("none", 2, decision=Decision.IN)) == "◂ in band"
    assert band_words(row("none", 9)) == "? undecided"
    assert band_words(row("none", 9, decision=Decision.ABOVE)) == "▲ above band"
    assert cells_of(row("none", 0, 0))[2:4] == ("–", "–")


def test_what_was_never_asked_is_counted_where_the_row_does_not_name_it() -> None:
    assert prompt_words(row("-rate", 1)) == ""
    assert prompt_words(row("+dtype", 1, unasked=("dtype",))) == "never asked"
    assert prompt_words(row("+dtype", 1, unasked=("rate", "dtype"))) == "2 never asked"
    assert prompt_words(row("suite hard", 1, unasked=("dtype",))) == "1 never asked"


def test_where_nothing_tells_what_the_prompt_asks_for_it_says_so() -> None:
    unknown = WhatIf(
        Change("none", "basic", frozenset(), None, ()), 1, 2, 0, Band(0.1, 0.4), Decision.UNDECIDED
    )
    assert prompt_words(unknown) == "not known"


def test_the_check_that_alone_keeps_most_from_passing_is_named_with_those_that_do_as_much() -> None:
    base = row("none", 1)
    assert "rate alone keeps 4 runs from passing" in notes(base, row("-rate", 5), row("-shape", 2))
    assert "rate and shape each alone keep 1 run from passing" in notes(
        base, row("-rate", 2), row("-shape", 2)
    )
    assert "No check keeps a run from passing by itself." in notes(base, row("-rate", 1))
    assert "No check" in notes(base, row("-rate", 1), row("-rate,-shape", 9))


def test_answers_that_could_not_be_judged_are_counted() -> None:
    assert "By some rows 2 answers could not be judged." in notes(
        row("none", 1), row("+dtype", 1, 8, unknown=2)
    )
