"""Grading one answer again with fresh inputs, in a real sandbox."""

from __future__ import annotations

from contextlib import aclosing

from dropout_core.audit.corpus import built_in_answers
from dropout_core.running.graders.open_grader import opened_grader
from dropout_core.running.graders.repeat_grading import AT_ONCE, graded_again


async def test_each_seed_is_graded_once_and_what_is_left_is_stopped() -> None:
    code = built_in_answers()[0].code
    seeds = range(100, 100 + AT_ONCE + 2)
    async with opened_grader("basic", allow_weak_sandbox=True) as grader:
        verdicts = [one async for one in graded_again(grader, code, seeds)]
        assert sorted(one.seed for one in verdicts) == list(seeds)
        assert all(one.passed for one in verdicts)
        async with aclosing(graded_again(grader, code, range(1_000))) as many:
            first = await anext(many)
        assert first.passed
