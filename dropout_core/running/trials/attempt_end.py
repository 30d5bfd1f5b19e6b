"""How the task of an attempt ended, and what that means for its trial and for the evaluation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from dropout_core.attempts.attempt import NotRun
from dropout_core.attempts.voids import reason_of, void
from dropout_core.models import ModelUnusable
from dropout_core.running.trials.live_trial import LiveTrial
from dropout_core.state.voided_by_user import CANCELLED, REPLACED, is_replaced
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Verdict


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """A verdict, or why there is none yet."""

    verdict: Verdict | None = None
    """``None`` when the attempt is to be taken up again."""
    was_graded: bool = False
    """Whether the verdict is that of a grading."""
    not_run: str | None = None
    """Why the sandbox could not run the answer, or an expression on the way to one."""
    unusable: str | None = None
    """Why the model cannot be asked anything more."""
    is_to_be_replaced: bool = False
    """Whether the user asked for a new attempt meanwhile."""

    @property
    def was_replaced(self) -> bool:
        """Whether it was stopped for a new attempt, before it had a verdict."""
        return self.is_to_be_replaced and self.verdict is not None and is_replaced(self.verdict)


def attempt_end(
    task: asyncio.Task[Verdict], live: LiveTrial, config: EvaluationConfig, seed: int
) -> AttemptEnd:
    """How an attempt ended whose `task` is done: by itself, or by what was asked of it."""
    return replace(_end_of(task, live, config, seed), is_to_be_replaced=live.void_reason == REPLACED)


def _end_of(task: asyncio.Task[Verdict], live: LiveTrial, config: EvaluationConfig, seed: int) -> AttemptEnd:
    error = None if task.cancelled() else task.exception()
    if not task.cancelled() and error is None:
        return AttemptEnd(task.result().at_rest(), was_graded=True)
    if live.void_reason is not None or error is None:
        return AttemptEnd(None if live.was_cut_short else void(config, seed, live.void_reason or CANCELLED))
    if isinstance(error, NotRun):
        return AttemptEnd(not_run=str(error))
    if isinstance(error, ModelUnusable):
        return AttemptEnd(unusable=str(error))
    return AttemptEnd(void(config, seed, reason_of(error)))
