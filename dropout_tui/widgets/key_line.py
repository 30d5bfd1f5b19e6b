"""The footer: the keys that work here, as many as fit, in one line that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from dropout_tui.presenters.evaluations.command_refusal import withheld

KEPT = ("app.help", "app.keys", "app.quit")
"""The bindings shown at any width: help, which lists all the others, and quit."""

_GAP = 2


@runtime_checkable
class Rewording(Protocol):
    """A screen with keys whose label depends on its state."""

    def words_for(self, action: str) -> str | None:
        """The label for an action now; ``None`` for that of its binding."""
        ...


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key and what it does."""

    key: str
    """The label."""
    display: str
    description: str
    enabled: bool
    kept: bool

    @property
    def cells(self) -> int:
        """Its width in cells."""
        return Content(f"{self.display} {self.description}").cell_length


class KeyLine(Widget):
    """A footer that leaves out the least important keys where space is short.

    The first bindings are the most important, and what is dimmed may be the first to go. It draws itself in one piece,
    so that following what can be done with each selected run costs next to nothing.
    """

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    KeyLine {
        dock: bottom;
        height: 1;
        padding: 0 1;
        color: $footer-foreground;
        background: $footer-background;
    }
    """

    def __init__(self, *, dimmed_go_first: bool = False) -> None:
        """With `dimmed_go_first`, dimmed keys are left out before others; without, each keeps its place while the
        selection moves."""
        super().__init__()
        self._dimmed_go_first = dimmed_go_first
        self._hints: tuple[KeyHint, ...] = ()

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._take_over)

    def on_unmount(self) -> None:
        """No longer follow them."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def render(self) -> Content:
        """The keys that fit."""
        width = self.content_size.width
        hints = without_dimmed(self._hints, width) if self._dimmed_go_first else self._hints
        return key_line(hints, width)

    def on_click(self, event: events.Click) -> None:
        """Press the key that was clicked."""
        key = event.style.meta.get("key")
        if key is not None:
            self.app.simulate_key(key)

    def _take_over(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        hints = hints_of(screen)
        if hints != self._hints:
            self._hints = hints
            self.refresh()


def hints_of(screen: Screen[Any]) -> tuple[KeyHint, ...]:
    """One for each action that a shown binding reaches from what has the focus, in the order they are written in,
    wherever the user's own keys are."""
    hints: dict[str, KeyHint] = {}
    everywhere: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and binding.action not in hints and not withheld(screen, binding.action):
            if active.node is screen.app:
                everywhere.add(binding.action)
            hints[binding.action] = KeyHint(
                binding.key,
                screen.app.get_key_display(binding),
                _words_for(screen, binding.action) or binding.description,
                active.enabled,
                binding.id in KEPT,
            )
    written = {getattr(binding, "action", ""): place for place, binding in enumerate(type(screen).BINDINGS)}

    def place(action: str) -> int:
        """What has the focus comes before the screen, and what works everywhere after it."""
        return written.get(action, len(written) if action in everywhere else -1)

    return tuple(hints[action] for action in sorted(hints, key=place))


def _words_for(screen: object, action: str) -> str | None:
    return screen.words_for(action) if isinstance(screen, Rewording) else None


def without_dimmed(hints: Sequence[KeyHint], width: int) -> Sequence[KeyHint]:
    """The hints without as many of the dimmed ones, from the last on, as it takes to fit `width` cells."""
    kept = list(hints)
    for hint in reversed(hints):
        if _cells(kept) <= width:
            break
        if not (hint.enabled or hint.kept):
            kept.remove(hint)
    return kept


def key_line(hints: Sequence[KeyHint], width: int) -> Content:
    """The hints that fit into `width` cells: the last ones go first, those that are kept stand at the end."""
    shown = [hint for hint in hints if not hint.kept]
    kept = [hint for hint in hints if hint.kept]
    while shown and _cells([*shown, *kept]) > width:
        shown.pop()
    while len(kept) > 1 and _cells(kept) > width:
        kept.pop()
    line = Content(" " * _GAP).join(_hint(hint) for hint in [*shown, *kept])
    return line.truncate(max(0, width), ellipsis=True)


def _cells(hints: Sequence[KeyHint]) -> int:
    return sum(hint.cells for hint in hints) + _GAP * max(0, len(hints) - 1)


def _hint(hint: KeyHint) -> Content:
    key, words = ("bold $footer-key-foreground", "$footer-description-foreground")
    dimmed = "$footer-description-foreground 50%"
    content = Content.assemble(
        (hint.display, key if hint.enabled else dimmed),
        (f" {hint.description}", words if hint.enabled else dimmed),
    )
    return content.stylize(Style.from_meta({"key": hint.key}))
