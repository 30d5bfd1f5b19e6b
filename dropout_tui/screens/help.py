"""What can be done here: the keys that work just now, and what the screen shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

KEYS_WIDTH = 14
_GAP = "  "


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One action."""

    keys: str
    tooltip: str
    enabled: bool


class KeyList(Static):
    """A line an action; what a narrow screen has no room for goes on under its words, not under the keys."""

    DEFAULT_CSS = "KeyList { padding: 0 0 1 0; }"

    def __init__(self, lines: Sequence[HelpLine]) -> None:
        super().__init__()
        self._lines = lines

    def on_resize(self, event: events.Resize) -> None:
        """Wrap for the new width."""
        self.update(Content("\n").join(wrapped(self._lines, event.size.width)))


def wrapped(lines: Sequence[HelpLine], width: int) -> Iterable[Content]:
    """The lines within `width` cells, the words of each in a column of their own."""
    room = max(1, width - KEYS_WIDTH - len(_GAP))
    for line in lines:
        style = "" if line.enabled else "dim"
        keys = f"{line.keys:>{KEYS_WIDTH}}"
        for words in wrap(line.tooltip, room):
            yield Content.assemble((f"{keys}{_GAP}", "bold $text-accent"), (words, style))
            keys = " " * KEYS_WIDTH


class HelpScreen(ModalScreen[None]):
    """The help of `about` and of what has its focus, over it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "leave", "Close", id="help.leave", tooltip="Back to the screen"),
        Binding("j", "scroll(1)", "Down", show=False, id="help.down", tooltip="One line down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="help.up", tooltip="One line up"),
    ]

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $accent;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        & Markdown { padding: 0; margin: 0; background: transparent; }
    }
    """

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._title = str(about.TITLE or "Help")
        self._texts = list(_helps(about))
        self._keys = tuple(_keys(about))

    def compose(self) -> ComposeResult:
        """The words, then the keys."""
        with VerticalScroll() as box:
            box.border_title = Content(f"{self._title}: what the keys do")
            box.border_subtitle = "esc closes"
            yield KeyList(self._keys)
            for text in self._texts:
                yield Markdown(text)

    def action_leave(self) -> None:
        """Back to the screen below."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _helps(screen: Screen[object]) -> Iterable[str]:
    """The help texts from the focused widget outwards."""
    nodes = screen.focused.ancestors_with_self if screen.focused is not None else [screen]
    return (text for node in nodes if (text := getattr(node, "HELP", None)))


def _keys(screen: Screen[object]) -> Iterable[HelpLine]:
    """A line for each action of ours that a key reaches from here; what would do nothing now is dimmed."""
    keys: dict[tuple[str, str], list[str]] = {}
    enabled: dict[tuple[str, str], bool] = {}
    # Moving about, which the widgets bind, comes last.
    ours = (screen, screen.app)
    for active in sorted(screen.active_bindings.values(), key=lambda active: active.node not in ours):
        binding = active.binding
        if binding.id is None or not binding.tooltip:
            continue
        name = (binding.description, binding.tooltip)
        display = binding.key_display
        # One that tells of two keys stands for another action too, which has a line of its own here.
        keys.setdefault(name, []).append(
            display if display and " " not in display else format_key(binding.key)
        )
        enabled[name] = active.enabled
    for (description, tooltip), names in keys.items():
        yield HelpLine(" ".join(dict.fromkeys(names)), tooltip, enabled[description, tooltip])
