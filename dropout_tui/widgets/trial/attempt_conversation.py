"""The stored conversation of one attempt, read again whenever it grows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from textual import work

from dropout_core.state.trial_state import AttemptState
from dropout_core.values.conversation import Message
from dropout_core.values.words.tokens import token_words
from dropout_tui.presenters.evaluations.live_evaluation import ConversationSource, LiveEvaluation
from dropout_tui.text.numbers import count
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.trial.conversation_view import ConversationView


@dataclass(frozen=True, slots=True)
class _Place:
    """Which conversation was read, and how long it was."""

    trial: int
    attempt: int
    turns: int
    """Turns seen as they were added; none for an evaluation that another program runs."""
    steps: int
    ended: bool


class AttemptConversation(ConversationView):
    """Reads the turns from a source in a thread, and adds the text that is still arriving."""

    def __init__(self, live: LiveEvaluation, source: ConversationSource, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._live = live
        self._source = source
        self._asked: _Place | None = None
        self._read: _Place | None = None
        self._problem = ""
        self._fetched: tuple[Message, ...] = ()

    def look(self, trial: int, attempt: AttemptState | None) -> None:
        """Bring the view of this attempt up to date. A different attempt is shown from its start.

        Cheap when nothing has changed.
        """
        if attempt is None:
            self._forget()
            self.conclude("Nothing has been said yet: this run waits for its turn.")
            return
        turns, ended = self._live.turns(trial), attempt.verdict is not None
        wanted = _Place(trial, attempt.number, turns, len(attempt.steps), ended)
        if self._asked is None or (wanted.trial, wanted.attempt) != (self._asked.trial, self._asked.attempt):
            self._forget()
            self.follow(attempt.verdict is None)
        if wanted != self._asked:
            self._asked = wanted
            self._fetch(wanted)
        self.show(self._fetched, attempt.steps)
        self.conclude(self._problem or closing_words(attempt))
        # Text that has arrived stays until its turn has been read, so that nothing jumps.
        if self._read == wanted:
            self.arrive(self._arriving_of(trial, attempt))

    def _forget(self) -> None:
        self._asked = self._read = None
        self._problem = ""
        self._fetched = ()
        self.show(())
        self.arrive("")

    def _arriving_of(self, trial: int, attempt: AttemptState) -> str:
        under_way = attempt.verdict is None and attempt is self._live.state.trial(trial).latest
        return self._live.arriving(trial) if under_way else ""

    @work(group="conversation", exclusive=True, exit_on_error=False)
    async def _fetch(self, place: _Place) -> None:
        turns: tuple[Message, ...] = ()
        problem = ""
        try:
            turns = await asyncio.to_thread(
                self._source.conversation, self._live.number, place.trial, place.attempt
            )
        except Exception as error:  # whatever the store raises, the rest of the screen goes on
            problem = f"The conversation cannot be read: {error}"
        if place != self._asked:
            return
        self._read, self._problem, self._fetched = place, problem, turns
        with self.app.batch_update():
            self.look(place.trial, self._live.state.trial(place.trial).attempt(place.attempt))


def closing_words(attempt: AttemptState) -> str:
    """The line under a conversation: the tokens of all its replies, and the model."""
    parts = []
    if attempt.tokens:
        parts.append(token_words(attempt, count, unit="tokens "))
    if attempt.model:
        parts.append(attempt.model)
    return visible_line(" · ".join(parts))
