"""Conversation of one attempt: stored turns are replayed, new ones recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dropout_core.models import Reply, Usage
from dropout_core.state.trial_state import StepTaken
from dropout_core.values.conversation import Message


class Transcript:
    """Turns in order; the first ones may already be stored from before the attempt was cut off."""

    def __init__(
        self,
        record: Callable[[int, Message], None],
        *,
        stored: Sequence[Message] = (),
        taken: Sequence[StepTaken] = (),
    ) -> None:
        """`record` is called with each new turn and its position, from 1; `taken` are the steps of the stored
        replies."""
        self._record = record
        self._stored = tuple(stored)
        self._taken = tuple(taken)
        self._said: list[Message] = []

    @property
    def said(self) -> tuple[Message, ...]:
        """All turns so far."""
        return tuple(self._said)

    def add(self, message: Message) -> None:
        """Add the next turn. If one is stored at this position already, that one is kept."""
        if self.take_stored() is None:
            self._said.append(message)
            self._record(len(self._said), message)

    def take_stored(self) -> Message | None:
        """The next turn, if it is stored; it is then part of the conversation."""
        if len(self._said) >= len(self._stored):
            return None
        message = self._stored[len(self._said)]
        self._said.append(message)
        return message

    def stored_reply(self, step: int) -> Reply | None:
        """The reply to request `step`, if it is stored; its tokens have been counted already."""
        if step > len(self._taken):
            return None
        message = self.take_stored()
        if message is None or message.role != "assistant":
            return None
        taken = self._taken[step - 1]
        return Reply(
            message,
            taken.stop_reason,
            Usage(),
            model="",
            refusal_category=taken.refusal_category,
            refusal_explanation=taken.refusal_explanation,
        )
