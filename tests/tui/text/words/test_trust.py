"""The line that says why a verdict can be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.tasks.dropout import task as dropout
from dropout_core.tasks.softmax import task as softmax
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.repeats import Repeats
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.words.trust import GradedAgain, trust_words
from tests.tui.states import verdict

GOOD = replace(verdict(Outcome.PASSED), isolation="full", suite_version=dropout.version)
V = dropout.version
WIDE, NARROW = 198, 78


def test_it_says_how_the_code_was_kept_apart_and_how_often_the_rules_err() -> None:
    assert trust_words(GOOD, dropout, None, WIDE) == (
        f"isolation full, by self-test · suite basic, version {V} · a right answer fails < 1e-06 of gradings"
        " · no flags · t grades again"
    )
    again = GradedAgain(Repeats("passed", ("passed",) * 20), 20)
    assert trust_words(GOOD, dropout, again, NARROW) == (
        f"20 of 20 the same · isolation full · basic v{V} · errs < 1e-06 · no flags"
    )


@pytest.mark.parametrize("task", [None, softmax, replace(dropout, version=V + 1)])
def test_the_error_budget_is_that_of_the_rules_of_the_verdict(task: object) -> None:
    assert "error budget not known" in trust_words(GOOD, task, None, WIDE)  # type: ignore[arg-type]


def test_what_falls_short_has_a_sign_besides_its_colour() -> None:
    flag = Flag("frames", "looks at frames", 3)
    weak = replace(GOOD, isolation="weak: no seccomp", flags=(flag, flag))
    assert trust_words(weak, dropout, None, WIDE).startswith("! isolation weak: no seccomp, by self-test · ")
    assert " · 2 flags · " in trust_words(weak, dropout, None, WIDE)
    not_run = verdict(Outcome.FAILED, cause="no_code", reason="No code")
    said = trust_words(replace(not_run, isolation="not run", suite_version=0), dropout, None, WIDE)
    assert said == "no code was run · no flags"


def test_while_it_is_graded_again_it_says_how_far_it_is() -> None:
    under_way = GradedAgain(Repeats("passed", ("passed", "failed rate")), 20, is_under_way=True)
    assert str(under_way) == "2 of 20 graded again, 1 the same; esc stops"
    assert str(replace(under_way, is_under_way=False)) == "1 of 2 the same: 1 × failed rate"
