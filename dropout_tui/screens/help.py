"""The help: what the screen shows, and which keys work now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Markdown, Static

KEYS_WIDTH = 14
_GAP = "  "


@dataclass(frozen=True, slots=True)
class HelpLine:
    """One action."""

    keys: str
    tooltip: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class HelpSection:
    """Actions that belong together."""

    title: str
    lines: tuple[HelpLine, ...]


class KeyList(Static):
    """One line for each action; a description too long for the line goes on under itself, not under the keys."""

    DEFAULT_CSS = "KeyList { padding: 0 0 1 0; }"

    def __init__(self, section: HelpSection) -> None:
        super().__init__(markup=False)
        self._section = section
        self._shown = section.lines

    def look_for(self, words: Sequence[str]) -> bool:
        """Show the actions that contain all of `words`; returns whether there are any."""
        self._shown = tuple(
            line for line in self._section.lines if says(f"{line.keys} {line.tooltip}", words)
        )
        self.display = bool(self._shown)
        self._draw()
        return self.display

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._draw()

    def _draw(self) -> None:
        title = Content.styled(self._section.title, "bold underline")
        self.update(Content("\n").join([title, *wrapped(self._shown, self.size.width)]))


class HelpText(Markdown):
    """The help text of a screen or a pane."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._paragraphs = text.strip().split("\n\n")

    async def look_for(self, words: Sequence[str]) -> bool:
        """Show the paragraphs that contain all of `words`, under their title; returns whether there are any."""
        title, *paragraphs = self._paragraphs
        found = [paragraph for paragraph in paragraphs if says(paragraph.replace("**", ""), words)]
        self.display = bool(found)
        await self.update("\n\n".join([title, *found]))
        return self.display


def says(text: str, words: Sequence[str]) -> bool:
    """Whether `text` contains each of `words`, which are in lower case."""
    folded = text.casefold()
    return all(word in folded for word in words)


def wrapped(lines: Sequence[HelpLine], width: int) -> Iterable[Content]:
    """The lines wrapped to `width` cells, with the descriptions in a column of their own."""
    room = max(1, width - KEYS_WIDTH - len(_GAP))
    for line in lines:
        style = "" if line.enabled else "dim"
        keys = f"{line.keys:>{KEYS_WIDTH}}"
        for words in wrap(line.tooltip, room):
            yield Content.assemble((f"{keys}{_GAP}", "bold $text-accent"), (words, style))
            keys = " " * KEYS_WIDTH


class HelpScreen(ModalScreen[None]):
    """The help for the screen `about` and its focused widget."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "leave", "Close", id="help.leave",
                tooltip="End the search, or go back to the screen"),
        Binding("slash", "search", "Search", id="help.search", key_display="/", tooltip="Search the help"),
        Binding("j", "scroll(1)", "Down", show=False, id="help.down", tooltip="One line down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="help.up", tooltip="One line up"),
        Binding("g", "scroll_to_end(-1)", "Top", show=False, id="help.top", tooltip="To the top"),
        Binding("G", "scroll_to_end(1)", "End", show=False, id="help.end", tooltip="To the end"),
    ]  # fmt: skip

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
        & #help-search { dock: bottom; background: $panel; display: none; }
        & #help-nothing { display: none; color: $text-warning; }
    }
    """

    def __init__(self, about: Screen[object]) -> None:
        super().__init__()
        self._title = str(about.TITLE or "Help")
        self._texts = list(_helps(about))
        self._sections = tuple(_sections(about))

    def compose(self) -> ComposeResult:
        """The texts, then the keys."""
        with VerticalScroll() as box:
            box.border_title = Content(f"{self._title}: what the keys do")
            box.border_subtitle = "/ searches · esc closes"
            yield Static("Nothing here says that; esc shows all.", id="help-nothing", markup=False)
            for section in self._sections:
                yield KeyList(section)
            for text in self._texts:
                yield HelpText(text)
            yield Input(id="help-search", placeholder="a key, or what it does", compact=True)

    def on_mount(self) -> None:
        """Focus the text, not the search."""
        self.query_one(VerticalScroll).focus()

    def action_leave(self) -> None:
        """End the search; without one, go back."""
        line = self.query_one("#help-search", Input)
        if not line.display:
            self.dismiss(None)
            return
        line.value = ""
        line.display = False
        self.query_one(VerticalScroll).focus()

    def action_search(self) -> None:
        """Type what to look for."""
        line = self.query_one("#help-search", Input)
        line.display = True
        line.focus()

    @on(Input.Changed)
    async def _look_for(self, event: Input.Changed) -> None:
        words = event.value.casefold().split()
        found = [keys.look_for(words) for keys in self.query(KeyList)]
        found += [await text.look_for(words) for text in self.query(HelpText)]
        self.query_one("#help-nothing").display = not any(found)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    @on(Input.Submitted)
    def _read_what_is_found(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_scroll_to_end(self, direction: int) -> None:
        """Scroll to the top or the end."""
        box = self.query_one(VerticalScroll)
        (box.scroll_home if direction < 0 else box.scroll_end)(animate=False)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def _helps(screen: Screen[object]) -> Iterable[str]:
    """The help texts from the focused widget outwards."""
    nodes = screen.focused.ancestors_with_self if screen.focused is not None else [screen]
    return (text for node in nodes if (text := getattr(node, "HELP", None)))


def _sections(screen: Screen[object]) -> Iterable[HelpSection]:
    """The keys of the screen, of the focused pane, and those that work everywhere."""
    actives = [
        active for active in screen.active_bindings.values() if active.binding.id and active.binding.tooltip
    ]
    everywhere = [active for active in actives if active.node is screen.app]
    here = [active for active in actives if active.node is screen]
    pane = [active for active in actives if active.node not in (screen, screen.app)]
    for title, those in (("This screen", here), ("The pane you are in", pane), ("Everywhere", everywhere)):
        if those:
            yield HelpSection(title, tuple(_lines(those)))


def _lines(actives: Iterable[ActiveBinding]) -> Iterable[HelpLine]:
    """A line for each action; those without an effect now are dimmed."""
    keys: dict[tuple[str, str], list[str]] = {}
    enabled: dict[tuple[str, str], bool] = {}
    for active in actives:
        binding = active.binding
        name = (binding.description, binding.tooltip)
        display = binding.key_display
        # A label that names two keys also covers another action, which has a line of its own here.
        keys.setdefault(name, []).append(
            display if display and " " not in display else format_key(binding.key)
        )
        enabled[name] = active.enabled
    for (description, tooltip), names in keys.items():
        yield HelpLine(" ".join(dict.fromkeys(names)), tooltip, enabled[description, tooltip])
