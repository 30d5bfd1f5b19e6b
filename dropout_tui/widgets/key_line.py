"""The keys that work here, as many as fit, in one line that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget

from dropout_tui.refusal import withheld

KEPT = ("app.help", "app.keys", "app.quit")
"""The bindings that are shown however narrow it is: where all the others are told, and the way out."""

_GAP = 2


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key and what it does."""

    key: str
    """What pressing it is called."""
    display: str
    description: str
    enabled: bool
    kept: bool

    @property
    def cells(self) -> int:
        """Its width."""
        return Content(f"{self.display} {self.description}").cell_length


class KeyLine(Widget):
    """A footer that leaves out the least important keys instead of pressing them together.

    The first bindings are the most important. It draws itself in one piece, so that following what can be done
    with each selected run costs next to nothing.
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

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._hints: tuple[KeyHint, ...] = ()

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._take_over)

    def on_unmount(self) -> None:
        """No longer follow them."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def render(self) -> Content:
        """The keys that fit."""
        return key_line(self._hints, self.content_size.width)

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
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and binding.action not in hints and not withheld(screen, binding.action):
            hints[binding.action] = KeyHint(
                binding.key,
                screen.app.get_key_display(binding),
                binding.description,
                active.enabled,
                binding.id in KEPT,
            )
    written = {getattr(binding, "action", ""): place for place, binding in enumerate(type(screen).BINDINGS)}
    return tuple(hints[action] for action in sorted(hints, key=lambda action: written.get(action, -1)))


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
