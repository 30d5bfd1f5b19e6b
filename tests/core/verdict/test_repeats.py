"""Gradings of one answer with other seeds, in words."""

from __future__ import annotations

from dropout_core.verdict.repeats import Repeats
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import failed, verdict


def test_the_same_is_the_same_outcome_for_the_same_cause() -> None:
    right, rate, scaling = verdict(Outcome.PASSED), failed("rate"), failed("scaling")
    repeats = Repeats.of(right)
    for one in (right, rate, rate, scaling, right, verdict(Outcome.VOID)):
        repeats = repeats.with_one(one)
    assert str(repeats) == "2 of 6 the same: 2 × failed rate, 1 × failed scaling, 1 × void"
    assert str(Repeats.of(scaling).with_one(scaling)) == "1 of 1 the same"
