"""A verdict at rest is the verdict it was, in less room."""

from dataclasses import replace

import pytest

from dropout_core import Verdict, grade
from dropout_core.verdict.packed_checks import UNPACKED_AT_MOST, PackedChecks
from dropout_core.verdict.verdict import CheckStatus, Flag, Outcome

UNSCALED = """
import numpy as np
def dropout(x, p, training):
    return x * (np.random.rand(*x.shape) > p) if training else x
"""


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return grade(UNSCALED, seed=3)


def test_a_packed_verdict_equals_the_original(verdict: Verdict) -> None:
    rested = verdict.at_rest()
    assert isinstance(rested.checks, PackedChecks)
    assert rested == verdict
    assert verdict == rested
    assert rested.to_json() == verdict.to_json()
    assert rested.statuses == verdict.statuses
    assert (rested.cause, rested.first_failing) == (verdict.cause, verdict.first_failing)
    assert rested.at_rest() == rested


def test_only_a_few_stay_unpacked(verdict: Verdict) -> None:
    """Reading one more and one more keeps as many checks as fit on a screen, and not all."""
    rested = [verdict.at_rest() for _ in range(4)]
    first = rested[0].checks[0]
    assert rested[0].checks[0] is first
    others = [PackedChecks.of([check] * 2) for check in verdict.checks for _ in range(UNPACKED_AT_MOST)]
    distinct = [PackedChecks.of([first] * count) for count in range(1, UNPACKED_AT_MOST + 1)]
    assert sum(len(tuple(checks)) for checks in (*others, *distinct)) > UNPACKED_AT_MOST
    assert rested[0].checks[0] is not first
    assert rested[0].checks[0] == first


def test_without_checks_there_is_nothing_to_pack() -> None:
    refused = Verdict(Outcome.FAILED, "The model refused", "basic", 7, "not run", cause="refusal")
    assert refused.at_rest() is refused


def test_the_cause_of_a_failure_is_its_first_failing_check(verdict: Verdict) -> None:
    assert (verdict.cause, verdict.task_related) == ("scaling", True)
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_a_failure_without_checks_is_not_related_to_the_task() -> None:
    no_code = Verdict(
        Outcome.FAILED, "No code found: the reply is empty", "basic", 7, "not run", cause="no_code"
    )
    assert no_code.task_related is False
    assert no_code.to_json()["task_related"] is False


@pytest.mark.parametrize("outcome", [Outcome.PASSED, Outcome.VOID])
def test_what_did_not_fail_has_no_cause(outcome: Outcome) -> None:
    verdict = Verdict(outcome, "", "basic", 7, "full")
    assert (verdict.cause, verdict.task_related) == (None, None)


def test_flags_survive_storage(verdict: Verdict) -> None:
    flagged = replace(
        verdict, flags=(Flag("frames", "reads the frames of its caller", 3), Flag("gc", "uses gc"))
    )
    assert Verdict.from_json(flagged.to_json()) == flagged
    assert [str(flag) for flag in flagged.flags] == ["reads the frames of its caller (line 3)", "uses gc"]


def test_what_cannot_be_unpacked_is_not_tried_again_at_each_look() -> None:
    checks = PackedChecks(b"rubbish", 0, (("runs", CheckStatus.PASSED),))
    assert checks.read is checks.read
    assert "cannot be read" in checks[0].message
