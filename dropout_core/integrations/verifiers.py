"""Taskset for verifiers: a task of this project, graded as everywhere else.

The programs of verifiers take the name of a module that exports a taskset, such as a file ``my_dropout.py``:

    from dropout_core.integrations.verifiers import DropoutTaskset

    __all__ = ["DropoutTaskset"]

    vf-validate my-dropout
    vf-eval my-dropout --model NAME --env.taskset.suite strict
"""

from __future__ import annotations

from functools import cache

import verifiers.v1 as vf

from dropout_core.audit.corpus import answers_for, answers_of
from dropout_core.rewards import Reward, RewardGrader
from dropout_core.task.definition import BASIC
from dropout_core.task.sources.loading import load_task
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.known_answers import Kind

__all__ = ["DropoutConfig", "DropoutData", "DropoutTask", "DropoutTaskset", "NotGraded"]


class NotGraded(Exception):
    """A reply could not be graded, through no fault of its own. Its rollout then counts as an error."""


class DropoutData(vf.TaskData):
    """What a rollout is about, and what it is judged by."""

    task_name: str
    suite: str
    partial: bool


class DropoutConfig(vf.TasksetConfig):
    """Settings of the taskset, under ``--env.taskset``."""

    task_name: str = DROPOUT
    """A task by its name, or the path of its file, which is run."""
    suite: str = BASIC
    levels: list[str] = ["explicit"]
    """How much the prompts say, one task each: explicit, plain, terse."""
    partial: bool = False
    """Whether the reward is the share of the checks that pass; `RewardGrader` tells what that rewards."""


class DropoutTask(vf.Task[DropoutData]):
    """One prompt. The last reply is graded; every check is a metric."""

    async def validate(self, runtime: vf.Runtime) -> bool | None:  # noqa: ARG002  nothing runs there
        """Whether the right answers that come with the task pass; `None` where there are none."""
        task = load_task(self.data.task_name)
        answers = answers_for(self.data.suite, answers_of(task), task)
        right = [answer.code for answer in answers if answer.kind is Kind.RIGHT]
        scores = [_score(reward) for reward in await self._grader.grade(right)]
        return min(scores) == 1 if scores else None

    @vf.reward(weight=1.0)
    async def graded(self, trace: vf.Trace) -> float:
        """The score of the last reply."""
        (reward,) = await self._grader.grade([trace.last_reply])
        trace.record_metrics(reward.metrics)
        trace.info["reason"] = reward.reason
        return _score(reward)

    @property
    def _grader(self) -> RewardGrader:
        return _grader(self.data.task_name, self.data.suite, self.data.partial)


class DropoutTaskset(vf.Taskset[DropoutTask, DropoutConfig]):
    """A task of this project, asked for in one or several prompts."""

    def load(self) -> list[DropoutTask]:
        """One task for each level of the prompt.

        Raises:
            TaskUnusable: there is no such task.
            UnknownSuite: it has no such suite.
            ValueError: there is no such level.
        """
        config = self.config
        task = load_task(config.task_name)
        return [
            DropoutTask(
                DropoutData(
                    name=f"{task.name} {config.suite} {level}",
                    prompt=task.prompt(level, config.suite),
                    task_name=config.task_name,
                    suite=config.suite,
                    partial=config.partial,
                ),
                config.task,
            )
            for level in config.levels
        ]


@cache
def _grader(task: str, suite: str, partial: bool) -> RewardGrader:
    """One for all rollouts of a process."""
    return RewardGrader(task, suite, partial=partial)


def _score(reward: Reward) -> float:
    """The score, unless there is none.

    Raises:
        NotGraded: it is a void.
    """
    if reward.score is None:
        raise NotGraded(reward.reason)
    return reward.score
