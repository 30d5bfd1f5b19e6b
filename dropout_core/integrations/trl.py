"""Reward functions for TRL's trainers.

    from dropout_core.integrations.trl import reward

    trainer = GRPOTrainer(..., reward_funcs=reward)

Nothing of TRL is imported here. Its trainers call a reward function with whole batches and by keyword, run an
asynchronous one beside others, and leave out a completion whose reward is `None`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from dropout_core.rewards import Reply, Reward, RewardGrader
from dropout_core.task.definition import BASIC, Task
from dropout_core.values.task_names import DROPOUT

__all__ = ["TaskReward", "reward"]

LogExtra = Callable[[str, list[str]], None]
LogMetric = Callable[[str, float], None]


class TaskReward:
    """Reward function for one task and suite; may be pickled."""

    def __init__(
        self,
        task: str | Path | Task = DROPOUT,
        suite: str = BASIC,
        *,
        workers: int | None = None,
        partial: bool = False,
    ) -> None:
        """See `RewardGrader`."""
        self._grader = RewardGrader(task, suite, workers=workers, partial=partial)
        self.__name__ = f"{self._grader.task.name}_{suite}"
        """Name under which a trainer logs it."""

    def prompt(self, level: str = "explicit") -> str:
        """See `RewardGrader.prompt`."""
        return self._grader.prompt(level)

    async def __call__(
        self,
        completions: Sequence[Reply],
        log_extra: LogExtra | None = None,
        log_metric: LogMetric | None = None,
        **_: object,
    ) -> list[float | None]:
        """Scores of the completions, texts or conversations; `None` for a void. Logs the first failing check of each,
        and the share of them that pass each check.

        Raises:
            TypeError: these are not completions.
        """
        rewards = await self._grader.grade(completions)
        log(rewards, log_extra, log_metric)
        return [one.score for one in rewards]

    async def close(self) -> None:
        """Release what it started; see `RewardGrader.close`."""
        await self._grader.close()


async def reward(
    completions: Sequence[Reply],
    log_extra: LogExtra | None = None,
    log_metric: LogMetric | None = None,
    **_: object,
) -> list[float | None]:
    """Scores of completions as answers to dropout's ``basic``; see `TaskReward`.

    Raises:
        TypeError: these are not completions.
    """
    return await _dropout()(completions, log_extra, log_metric)


@cache
def _dropout() -> TaskReward:
    return TaskReward()


def log(rewards: Sequence[Reward], log_extra: LogExtra | None, log_metric: LogMetric | None) -> None:
    """Hand the trainer what is to be seen beside the scores, as far as it takes any."""
    if log_extra is not None:
        log_extra("first_failing_check", [_first_failing(one) for one in rewards])
    if log_metric is not None:
        for name, share in shares(rewards).items():
            log_metric(name, share)


def shares(rewards: Sequence[Reward]) -> dict[str, float]:
    """Of the graded completions, the share that pass each check; and of all of them, the share that is void."""
    if not rewards:
        return {}
    graded = [one.metrics for one in rewards if not one.void]
    names = [name for name in (graded[0] if graded else ()) if name not in ("seconds", "flags")]
    of_checks = {f"check/{name}": sum(one[name] for one in graded) / len(graded) for name in names}
    return {**of_checks, "void": sum(one.void for one in rewards) / len(rewards)}


def _first_failing(one: Reward) -> str:
    """Cause and reason in one cell; empty for what passed."""
    return "" if one.passed else ": ".join(filter(None, ("void" if one.void else one.cause, one.reason)))
