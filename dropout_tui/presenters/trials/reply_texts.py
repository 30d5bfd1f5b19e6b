"""Stored conversations as texts to search, read on demand in a thread."""

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
"""Reads the turns of an attempt, by trial and attempt number. It blocks."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The attempt that a text was read from, and how far it had come."""

    attempt: int
    steps: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts of some trials, to be added together."""

    texts: Mapping[int, tuple[_Place, str]]
    """Texts by trial number."""
    problem: str = ""
    """Why one of them could not be read; its text is then empty."""


class ReplyTexts:
    """The conversations of the latest attempts, in lower case and without their prompts."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._texts: dict[int, tuple[_Place, str]] = {}

    def of(self, trial: TrialState) -> str | None:
        """The text of `trial`; ``None`` until all of it has been read."""
        place = _place_of(trial)
        if place is None:
            return ""
        known = self._texts.get(trial.number)
        return None if known is None or known[0] != place else known[1]

    def unread(self, trials: Iterable[TrialState]) -> Iterator[TrialState]:
        """The trials that are still to be read."""
        return (trial for trial in trials if self.of(trial) is None)

    def read(self, trials: Sequence[TrialState]) -> Batch:
        """Read `trials` into a batch. It blocks, and is safe in any thread."""
        texts: dict[int, tuple[_Place, str]] = {}
        problem = ""
        for trial in trials:
            place = _place_of(trial)
            if place is None:
                continue
            try:
                text = conversation_text(self._conversation(trial.number, place.attempt))
            except Exception as error:  # an unreadable conversation must not keep others from being found
                text, problem = (
                    "",
                    problem or f"The conversation of run {trial.number} cannot be read: {error}",
                )
            texts[trial.number] = place, text
        return Batch(texts, problem)

    def take(self, batch: Batch) -> None:
        """Add a batch that was read."""
        self._texts.update(batch.texts)

    def forget(self) -> None:
        """Drop all texts."""
        self._texts.clear()


def conversation_text(turns: Sequence[Message]) -> str:
    """Everything after the prompt, in lower case: texts, thinking, tool calls and their results."""
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
    """The latest attempt and how far it has come; ``None`` before the first."""
    latest = trial.latest
    return None if latest is None else _Place(latest.number, len(latest.steps), latest.verdict is not None)
