"""A verdict at rest is the verdict it was, in less room."""

import pytest

from dropout_core import Verdict, grade
from dropout_core.unread_checks import LOOKED_AT, UnreadChecks
from dropout_core.verdict import Outcome

UNSCALED = """
import numpy as np
def dropout(x, p, training):
    return x * (np.random.rand(*x.shape) > p) if training else x
"""


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return grade(UNSCALED, seed=3)


def test_at_rest_it_says_the_same(verdict: Verdict) -> None:
    rested = verdict.at_rest()
    assert isinstance(rested.checks, UnreadChecks)
    assert rested == verdict
    assert verdict == rested
    assert rested.to_json() == verdict.to_json()
    assert rested.statuses == verdict.statuses
    assert (rested.failing, rested.first_failing) == (verdict.failing, verdict.first_failing)
    assert rested.at_rest() == rested


def test_many_that_were_looked_at_do_not_stay_read(verdict: Verdict) -> None:
    """Reading one more and one more keeps as many checks as fit on a screen, and not all."""
    rested = [verdict.at_rest() for _ in range(4)]
    first = rested[0].checks[0]
    assert rested[0].checks[0] is first
    others = [UnreadChecks.of([check] * 2) for check in verdict.checks for _ in range(LOOKED_AT)]
    distinct = [UnreadChecks.of([first] * count) for count in range(1, LOOKED_AT + 1)]
    assert sum(len(tuple(checks)) for checks in (*others, *distinct)) > LOOKED_AT
    assert rested[0].checks[0] is not first
    assert rested[0].checks[0] == first


def test_without_checks_there_is_nothing_to_pack() -> None:
    refused = Verdict(Outcome.FAILED, "The model refused", "basic", 7, "not run", cause="refusal")
    assert refused.at_rest() is refused
