"""Judge stored answers again under today's checks, without asking any model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from dropout_core.config import Mode
from dropout_core.conversation import Message
from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.prompting import SUBMIT_ANSWER
from dropout_core.state import EvaluationState
from dropout_core.trial_state import AttemptState
from dropout_core.verdict import CheckStatus, Grading, Outcome, Verdict

Conversation = Callable[[int, int], Sequence[Message]]
"""The stored turns of a trial's attempt."""


@dataclass(frozen=True, slots=True)
class Regraded:
    """A stored verdict beside today's, on the same answer with the same seed."""

    trial: int
    attempt: int
    counted: bool
    """It is the attempt that counts."""
    before: Verdict
    after: Verdict
    """The verdict of before where there is still no code to judge."""
    has_code: bool = True

    @property
    def outcome_changed(self) -> bool:
        """Whether today's grading gives another outcome."""
        return self.before.outcome is not self.after.outcome

    @property
    def changed_checks(self) -> tuple[str, ...]:
        """The ids of the checks that now say something else.

        One that only one of the gradings has says something by failing: it can explain why the outcomes differ.
        """
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
    """Grade every graded answer again, many at once, and give the results in the order of the trials.

    Where no code was found it is looked for once more in the stored `conversation`.
    """
    stored = [
        (trial.number, attempt, attempt is trial.counted, verdict)
        for trial in state.trials
        for attempt in trial.attempts
        if (verdict := attempt.verdict) is not None and verdict.outcome is not Outcome.VOID
    ]
    codes = [
        _code_found_today(conversation(trial, attempt.number), attempt, state.config.mode)
        if attempt.code is None
        else attempt.code
        for trial, attempt, _, _ in stored
    ]
    # Gradings wait for a free worker by themselves; a task each keeps all workers busy.
    tasks = [
        None if code is None else asyncio.create_task(grading.grade(code, seed=attempt.seed))
        for (_, attempt, _, _), code in zip(stored, codes, strict=True)
    ]
    try:
        for (trial, attempt, counted, before), task in zip(stored, tasks, strict=True):
            after = before if task is None else await task
            yield Regraded(trial, attempt.number, counted, before, after, has_code=task is not None)
    finally:
        begun = [task for task in tasks if task is not None]
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


def _code_found_today(turns: Sequence[Message], attempt: AttemptState, mode: Mode) -> str | None:
    """The code that today's extraction finds where the conversation of `attempt` gives its answer."""
    answer = None if attempt.stop_reason == "refusal" else _answer(turns, attempt, mode)
    try:
        return None if answer is None else extract_code(answer)
    except NoCodeFound:
        return None


def _answer(turns: Sequence[Message], attempt: AttemptState, mode: Mode) -> str | None:
    """All that the model wrote; of an agent what it submitted, or the words with which it stopped by itself."""
    if mode == "answer":
        return "\n\n".join(filter(None, (turn.text for turn in turns if turn.role == "assistant")))
    for turn in turns:
        for call in turn.tool_calls:
            match call.input:
                case {"answer": str(answer)} if call.name == SUBMIT_ANSWER:
                    return answer
    last = turns[-1] if turns else None
    if last is None or last.role == "user" or last.tool_calls or attempt.stop_reason == "pause_turn":
        return None
    return last.text
