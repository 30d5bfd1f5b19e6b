"""Grading of a model's reply: the code in it, or the lack of any."""

from __future__ import annotations

from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.grading.task_grader import TaskGrader
from dropout_core.values.seeds import fresh_seed
from dropout_core.verdict.causes import NO_CODE
from dropout_core.verdict.isolation_levels import NOT_RUN
from dropout_core.verdict.verdict import Outcome, Verdict


async def grade_reply(grader: TaskGrader, reply: str, seed: int | None = None) -> Verdict:
    """Verdict on the code of a reply; one without code has failed for that. See `Grader.grade`."""
    seed = fresh_seed() if seed is None else seed
    try:
        code = extract_code(reply, grader.task.function)
    except NoCodeFound as missing:
        reason = f"No code found: {missing}"
        return Verdict(
            Outcome.FAILED, reason, grader.suite, seed, NOT_RUN, cause=NO_CODE, task=grader.task.name
        )
    return await grader.grade(code, seed=seed)
