"""The base of screens whose keys send commands to an evaluation: a dimmed key says why it does nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual.events import Key

from dropout_tui.presenters.evaluations.command_refusal import Refusal
from dropout_tui.presenters.evaluations.live_evaluation import Commands, LiveEvaluation
from dropout_tui.screens.live_screen import LiveScreen


class CommandingScreen(LiveScreen[None]):
    """A screen about one evaluation."""

    ASKING: ClassVar[Collection[str]] = ()
    """The actions that send it commands."""

    def __init__(self, live: LiveEvaluation) -> None:
        """`live` is the evaluation that gets its commands."""
        super().__init__()
        self._live = live
        self._said = Refusal("")

    @property
    def live(self) -> LiveEvaluation:
        """The evaluation on this screen."""
        return self._live

    def why_not(self, action: str) -> str | None:  # noqa: ARG002
        """Why an action would have no effect now; ``None`` when that is not known."""
        return None

    def withholds(self, action: str) -> bool:
        """Whether the action is dimmed and its key only says why."""
        return action in self.ASKING and self._live.refusal is not None

    def on_key(self, event: Key) -> None:
        """Show why a dimmed key does nothing, but not again while that is on screen."""
        active = self.active_bindings.get(event.key)
        why = None if active is None or active.enabled else self.why_not(active.binding.action)
        if why is not None:
            event.stop()
            if why != self._said.reason:
                self._said = Refusal(why)
            self._said.say(self)

    def commands(self) -> Commands | None:
        """The commands of the evaluation; ``None`` when it takes none, after telling the user why."""
        if self._live.refusal is not None:
            self._live.refusal.say(self)
            return None
        return self._live.commands

    def say_why(self, refusal: str | None) -> None:
        """Show why a command had no effect, if it had none."""
        if refusal is not None:
            self.notify(refusal, markup=False)
