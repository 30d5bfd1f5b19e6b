"""Stored conversations as texts to be searched: read when they are asked for, away from the keyboard's loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dropout_core.state.trial_state import TrialState
from dropout_core.values.conversation import (
    Block,
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
)

Conversation = Callable[[int, int], tuple[Message, ...]]
"""Reads the turns of a trial's attempt, by their numbers. Blocking."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far the attempt had come that a text is of."""

    attempt: int
    steps: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """What some trials say, to be taken over at once."""

    texts: Mapping[int, tuple[_Place, str]]
    """By the numbers of the trials."""
    problem: str = ""
    """Why one of them could not be read; it then says nothing."""


class RepliesRead:
    """The conversations of the latest attempts, in lower case and without their prompts."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._texts: dict[int, tuple[_Place, str]] = {}

    def of(self, trial: TrialState) -> str | None:
        """What was said in `trial`; ``None`` while that is not read as far as it has come."""
        place = _place_of(trial)
        if place is None:
            return ""
        known = self._texts.get(trial.number)
        return None if known is None or known[0] != place else known[1]

    def unread(self, trials: Iterable[TrialState]) -> Iterator[TrialState]:
        """Those of `trials` that are yet to be read."""
        return (trial for trial in trials if self.of(trial) is None)

    def read(self, trials: Sequence[TrialState]) -> Batch:
        """Read `trials`, without taking anything over. Blocking; safe from any thread."""
        texts: dict[int, tuple[_Place, str]] = {}
        problem = ""
        for trial in trials:
            place = _place_of(trial)
            if place is None:
                continue
            try:
                text = said_in(self._conversation(trial.number, place.attempt))
            except Exception as error:  # one that cannot be read keeps no other from being found
                text, problem = (
                    "",
                    problem or f"The conversation of run {trial.number} cannot be read: {error}",
                )
            texts[trial.number] = place, text
        return Batch(texts, problem)

    def take(self, batch: Batch) -> None:
        """Know what was read."""
        self._texts.update(batch.texts)

    def forget(self) -> None:
        """Let go of all texts."""
        self._texts.clear()


def said_in(turns: Sequence[Message]) -> str:
    """All that was said after the prompt, in lower case: texts, thoughts, calls and what came of them."""
    return "\n".join(_text(block) for turn in turns[1:] for block in turn.blocks).casefold()


def _text(block: Block) -> str:
    match block:
        case TextBlock(text=text):
            return text
        case ThinkingBlock(thinking=thinking):
            return thinking
        case ToolResultBlock(content=content):
            return content
        case OtherBlock(raw=raw):
            return json.dumps(raw, ensure_ascii=False, default=str)
        case call:
            values = (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
                      for value in call.input.values())  # fmt: skip
            return "\n".join((call.name, *values))


def _place_of(trial: TrialState) -> _Place | None:
    """Where the latest attempt has come to; ``None`` before the first."""
    latest = trial.latest
    return None if latest is None else _Place(latest.number, len(latest.steps), latest.verdict is not None)
