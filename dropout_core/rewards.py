"""Rewards for training: replies of a model in, scores out.

from dropout_core.rewards import RewardGrader

grader = RewardGrader("dropout", "basic")
scores = [reward.score for reward in grader(replies)]        # or: await grader.grade(replies)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from dropout_core.completions.messages import Message, reply_texts
from dropout_core.grading.blocking import waited_for
from dropout_core.grading.grader import Grader
from dropout_core.grading.replies import grade_reply
from dropout_core.task.definition import BASIC, Task
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.verdict import Outcome, Verdict

__all__ = ["Reply", "Reward", "RewardGrader"]

Reply = str | Sequence[Message]
"""A text, or the messages of a conversation, of which the last that the model wrote is its reply."""

AT_ONCE = 64
"""Replies of one call that are read and wait to be run, at most: more than run at once anywhere."""


@dataclass(frozen=True, slots=True)
class Reward:
    """Reward of one reply."""

    score: float | None
    """1 or 0, or a share of the checks where that is asked for; `None` for a void, which says nothing about the
    reply."""
    passed: bool
    void: bool
    """Whether the reply could not be graded, through no fault of its own: leave it out."""
    cause: str | None
    """Why it failed, in one word: the first check that failed, or ``no_code``."""
    reason: str
    """The same in words."""
    metrics: Mapping[str, float]
    """Numbers to log, by name: each check by its id, 1 if it passed and else 0, and the `seconds` of the grading and
    the number of `flags`. Of a void only the last two."""


class RewardGrader:
    """Rewards for replies to one task, by one suite of it.

    Opened when it is first used, and safe from any thread and any event loop, in forks and in copies by pickle: see
    `Grader`. It may be closed, and need not be: what it started ends with the process.

    **The score** is 1 where every check passes and else 0. With `partial` it is the share of the suite's checks that
    pass, for curricula. Know what that rewards: `return x` earns 3/8 in dropout's ``basic`` (it runs, the shape is
    right, and so is evaluation), zeros earn 2/8, and dropout without scaling earns 6/8, as much as most of a right
    answer. A model can settle there. Look in `metrics` at which checks pass, and go over to whole passes early.

    **The seed** makes every grading draw the same inputs, so that scores can be reproduced. In training leave it out:
    a model can learn inputs that never change.
    """

    def __init__(
        self,
        task: str | Path | Task = DROPOUT,
        suite: str = BASIC,
        *,
        seed: int | None = None,
        workers: int | None = None,
        partial: bool = False,
    ) -> None:
        """`workers` answers run at once, at most: as many as there are processors, unless given.

        Raises:
            UnknownSuite: the task has no suite of this name.
            TaskUnusable: there is no such task, or its file does not define one.
        """
        self._grader = Grader(suite, task=task, workers=workers)
        self._checks = tuple(one.id for one in self._grader.task.suite(suite))
        self._seed = seed
        self._partial = partial

    @property
    def task(self) -> Task:
        """The task that replies are judged by."""
        return self._grader.task

    def prompt(self, level: str = "explicit") -> str:
        """Prompt that states what is checked; of the levels ``explicit``, ``plain`` and ``terse``."""
        return self._grader.task.prompt(level, self._grader.suite)

    def __call__(self, replies: Sequence[Reply]) -> list[Reward]:
        """Rewards of the replies, in their order. Waits for them; where an event loop is running it blocks that.

        Raises:
            TypeError: these are not replies.
        """
        texts = reply_texts(replies)
        return waited_for(self._graded(texts)) if texts else []

    async def grade(self, replies: Sequence[Reply]) -> list[Reward]:
        """Rewards of the replies, in their order.

        Raises:
            TypeError: these are not replies.
        """
        return await self._graded(reply_texts(replies))

    async def _graded(self, texts: Sequence[str]) -> list[Reward]:
        places = asyncio.Semaphore(AT_ONCE)

        async def graded(text: str) -> Reward:
            async with places:
                return self._reward(await grade_reply(self._grader, text, self._seed))

        return await asyncio.gather(*map(graded, texts))

    def _reward(self, verdict: Verdict) -> Reward:
        return reward_of(verdict, self._checks, partial=self._partial)

    async def close(self) -> None:
        """Release what it started. It cannot be used afterwards."""
        await self._grader.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def reward_of(verdict: Verdict, checks: Sequence[str], *, partial: bool = False) -> Reward:
    """The reward for a verdict by a suite of these checks."""
    void = verdict.outcome is Outcome.VOID
    metrics = {"seconds": verdict.seconds, "flags": float(len(verdict.flags))}
    passed = {id_ for id_, status in verdict.statuses if status is CheckStatus.PASSED}
    if not void:
        metrics |= {id_: float(id_ in passed) for id_ in checks}
    share = len(passed) / len(checks) if partial else float(verdict.passed)
    return Reward(None if void else share, verdict.passed, void, verdict.cause, verdict.reason, metrics)
