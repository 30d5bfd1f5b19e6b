"""The command palette's list of actions: everything a key does can be found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.binding import ActiveBinding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.keys import format_key
from textual.markup import escape

from dropout_tui.presenters.evaluations.command_refusal import withheld
from dropout_tui.text.sanitize import visible_line

_IN_FULL = {"trial.next": "Next run"}
"""Titles, by binding id, of actions whose footer label only makes sense beside that of another key."""


@dataclass(frozen=True, slots=True)
class ActionCommand:
    """One action in the palette."""

    title: str
    keys: tuple[str, ...]
    help: str
    run: Callable[[], Any]

    @property
    def line(self) -> Content:
        """The line that the palette shows."""
        return Content.assemble(
            Content(visible_line(self.title)), ("  " + " ".join(self.keys), "$text-accent")
        )


class ActionCommands(Provider):
    """The actions a key reaches on the screen below the palette, then Textual's own, and themes by name."""

    async def discover(self) -> Hits:
        """All actions, in the order of the keys."""
        for command in (*self._actions(), *self._textuals_own()):
            yield DiscoveryHit(command.line, command.run, text=command.title, help=_as_markup(command.help))

    async def search(self, query: str) -> Hits:
        """The actions whose title or help matches."""
        matcher = self.matcher(query)
        for command in (*self._actions(), *self._textuals_own(), *self._themes()):
            # The help is matched too, at half the weight: it may hold the word the user knows.
            score = max(matcher.match(command.title), matcher.match(command.help) / 2)
            if score > 0:
                yield Hit(score, command.line, command.run, text=command.title, help=_as_markup(command.help))

    def _actions(self) -> Iterator[ActionCommand]:
        found: dict[tuple[object, str], tuple[ActiveBinding, list[str]]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            action = binding.action.removeprefix("app.")
            if binding.id is None or not active.enabled or action == "command_palette":
                continue
            if withheld(self.screen, action):
                continue
            of_the_app = active.node is self.app or action != binding.action
            _, keys = found.setdefault((self.app if of_the_app else active.node, action), (active, []))
            display = None if binding.id in _IN_FULL else binding.key_display
            key = display or format_key(binding.key)
            if key not in keys:
                keys.append(key)
        for active, keys in sorted(found.values(), key=lambda item: self._place(item[0])):
            binding = active.binding
            run = partial(self.app.run_action, binding.action, active.node)
            title = _IN_FULL.get(binding.id or "", binding.description)
            yield ActionCommand(title, tuple(keys), binding.tooltip, run)

    def _place(self, active: ActiveBinding) -> int:
        """A sort key: actions in the footer come first, movements last."""
        if active.binding.show:
            return 0
        return 1 if active.node in (self.screen, self.app) else 2

    def _textuals_own(self) -> Iterator[ActionCommand]:
        for command in self.app.get_system_commands(self.screen):
            yield ActionCommand(command.title, (), command.help, command.callback)

    def _themes(self) -> Iterator[ActionCommand]:
        for name in self.app.available_themes:
            yield ActionCommand(f"Theme: {name}", (), "Change the colours", partial(self._wear, name))

    async def _wear(self, name: str) -> None:
        self.app.theme = name


def _as_markup(text: str) -> str | None:
    # The palette takes its help for markup.
    return escape(visible_line(text)) or None
