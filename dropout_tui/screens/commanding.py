"""What every screen has whose keys ask something of an evaluation: a key that does nothing says why."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual.events import Key
from textual.screen import Screen

from dropout_tui.presenters.command_refusal import Refusal
from dropout_tui.presenters.live_evaluation import Commands, LiveEvaluation


class CommandingScreen(Screen[None]):
    """A screen about one evaluation."""

    ASKING: ClassVar[Collection[str]] = ()
    """The actions that ask something of it."""

    def __init__(self, live: LiveEvaluation) -> None:
        """`live` is the evaluation that its keys ask."""
        super().__init__()
        self._live = live
        self._said = Refusal("")

    def why_not(self, action: str) -> str | None:  # noqa: ARG002
        """Why an action would do nothing just now; ``None`` when that is not known."""
        return None

    def withholds(self, action: str) -> bool:
        """Whether a key does nothing but say why."""
        return action in self.ASKING and self._live.refusal is not None

    def on_key(self, event: Key) -> None:
        """A dimmed key says why it does nothing, but not again while that can still be read."""
        active = self.active_bindings.get(event.key)
        why = None if active is None or active.enabled else self.why_not(active.binding.action)
        if why is not None:
            event.stop()
            if why != self._said.reason:
                self._said = Refusal(why)
            self._said.say(self)

    def commands(self) -> Commands | None:
        """Whom the keys ask; ``None`` when there is nobody, and the user has been told why."""
        if self._live.refusal is not None:
            self._live.refusal.say(self)
            return None
        return self._live.commands

    def say_why(self, refusal: str | None) -> None:
        """Say why nothing happened, if nothing did."""
        if refusal is not None:
            self.notify(refusal, markup=False)
