"""Regrading stored answers with today's checks, without requests to a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from dropout_core.attempts.reply_ending import judged
from dropout_core.attempts.submission import code_of, submitted_in
from dropout_core.attempts.voids import void
from dropout_core.extraction import Extraction, NoCodeFound, extract
from dropout_core.models.stop_reasons import PAUSED, REFUSED
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.verdict.verdict import CheckStatus, Grading, Outcome, Verdict

NOT_GRADED = "not graded yet"

Conversation = Callable[[int, int], Sequence[Message]]
"""Stored turns of an attempt, by trial and attempt number."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """A stored verdict and today's, on the same answer with the same seed."""

    trial: int
    attempt: int
    counted: bool
    """Whether it is the attempt that counts."""
    before: Verdict
    after: Verdict
    """Today's verdict; the stored one where there is still no code to judge."""
    has_code: bool = True

    @property
    def outcome_changed(self) -> bool:
        """Whether today's outcome differs."""
        return self.before.outcome is not self.after.outcome

    @property
    def changed_checks(self) -> tuple[str, ...]:
        """Ids of the checks with another result. One that only one of the gradings has is listed if it failed, as it
        can explain why the outcomes differ."""
        before, after = dict(self.before.statuses), dict(self.after.statuses)
        return tuple(
            name for name in {**before, **after} if _says_otherwise(before.get(name), after.get(name))
        )


def _says_otherwise(before: CheckStatus | None, after: CheckStatus | None) -> bool:
    if before is None or after is None:
        return CheckStatus.FAILED in (before, after)
    return before is not after


async def regrade(
    state: EvaluationState, grading: Grading, conversation: Conversation
) -> AsyncIterator[Regraded]:
    """Grade every stored answer again, many at once; results come in the order of the trials.

    Where no code was found, the stored `conversation` is searched again.
    """
    stored = [
        (trial.number, attempt, attempt is trial.counted, verdict)
        for trial in state.trials
        for attempt in trial.attempts
        if (verdict := _verdict_before(attempt, state.config)) is not None
    ]
    found = [
        _found_today(conversation(trial, attempt.number), attempt, state.config)
        if attempt.code is None
        else Extraction(attempt.code, attempt.origin)
        for trial, attempt, _, _ in stored
    ]
    # Gradings wait for a free worker by themselves, so one task each keeps all workers busy.
    tasks = [
        None if each is None else asyncio.create_task(grading.grade(each.code, seed=attempt.seed))
        for (_, attempt, _, _), each in zip(stored, found, strict=True)
    ]
    try:
        for (trial, attempt, counted, before), each, task in zip(stored, found, tasks, strict=True):
            after = before
            if each is not None and task is not None:
                after = judged(await task, attempt.stop_reason, each.origin, state.config)
            yield Regraded(trial, attempt.number, counted, before, after, has_code=task is not None)
    finally:
        begun = [task for task in tasks if task is not None]
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


def _verdict_before(attempt: AttemptState, config: EvaluationConfig) -> Verdict | None:
    """Stored verdict of an attempt that can be graded now; void where its code has not been graded yet."""
    verdict = attempt.verdict
    if verdict is not None and verdict.outcome is not Outcome.VOID:
        return verdict
    if attempt.code is None:
        return None
    return verdict or void(config, attempt.seed, NOT_GRADED)


def _found_today(
    turns: Sequence[Message], attempt: AttemptState, config: EvaluationConfig
) -> Extraction | None:
    """Code that today's extraction finds in the conversation of `attempt`."""
    if attempt.stop_reason == REFUSED:
        return None
    replies = [turn for turn in turns if turn.role == "assistant"]
    try:
        if config.mode == "answer":
            said = "\n\n".join(filter(None, (turn.text for turn in replies)))
            return extract(said, config.function)
        submitted = next((answer for turn in replies if (answer := submitted_in(turn)) is not None), None)
        if submitted is not None:
            return code_of(submitted, config.function)
        words = _last_words(turns, attempt)
        return None if words is None else extract(words, config.function)
    except NoCodeFound:
        return None


def _last_words(turns: Sequence[Message], attempt: AttemptState) -> str | None:
    """Last text of an agent that stopped by itself."""
    last = turns[-1] if turns else None
    if last is None or last.role == "user" or last.tool_calls or attempt.stop_reason == PAUSED:
        return None
    return last.text
