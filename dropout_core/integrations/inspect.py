"""Task and scorer for Inspect, which finds them by the names ``dropout_core/dropout`` and ``dropout_core/verdict``.

inspect eval dropout_core/dropout --model NAME -T suite=strict --epochs 20
inspect eval dropout_core/dropout --model NAME -T band=10-40 --epochs 400
inspect score LOG --scorer dropout_core/verdict
"""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import TaskState, generate

from dropout_core.integrations.inspect_early_stopping import StopOnceDecided
from dropout_core.rewards import Reward, RewardGrader
from dropout_core.statistics.pass_rate import Band
from dropout_core.task.definition import BASIC
from dropout_core.task.sources.loading import load_task
from dropout_core.values.task_names import DROPOUT

__all__ = ["dropout", "verdict"]


@task
def dropout(
    about: str = DROPOUT, suite: str = BASIC, level: str = "explicit", band: str | None = None
) -> Task:
    """One sample: the task's prompt. `about` is the task by name, or the path of its file, which is run. With a `band`,
    ``"10-40"``, no further epoch begins once the pass rate is known to be in it, below or above."""
    asked = load_task(about)
    return Task(
        dataset=[Sample(id=f"{asked.name} {suite}", input=asked.prompt(level, suite))],
        solver=generate(),
        scorer=verdict(about, suite),
        early_stopping=None if band is None else StopOnceDecided(Band.parse(band)),
    )


@scorer(metrics=[accuracy(), stderr()])
def verdict(about: str = DROPOUT, suite: str = BASIC) -> Scorer:
    """Whether the code of the completion passes every check. The checks stand in the score's metadata; a void is
    unscored."""
    grader = RewardGrader(about, suite)

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001  the checks are the target
        (reward,) = await grader.grade([state.output.completion])
        return score_of(reward)

    return score


def score_of(reward: Reward) -> Score:
    """A reward as Inspect counts it."""
    metadata = {"cause": reward.cause, "metrics": dict(reward.metrics)}
    if reward.void:
        return Score.unscored(explanation=reward.reason, metadata=metadata)
    return Score(value=CORRECT if reward.passed else INCORRECT, explanation=reward.reason, metadata=metadata)
