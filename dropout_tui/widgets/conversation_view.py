"""A conversation to read, turn by turn, with the reply that is still arriving at its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import getters
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.theme import Theme
from textual.widgets import Static

from dropout_core.conversation import (
    JSON,
    Block,
    Message,
    OtherBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_tui.syntax import coloured_code, coloured_reply
from dropout_tui.visible import visible, visible_line

MAX_SHOWN = 40_000
"""Characters shown of one block. The rest is stored, and says so."""

_CODE_ARGUMENTS = frozenset({"expression", "answer", "code"})


class TurnView(Vertical):
    """One turn: who speaks, and each block under it."""

    DEFAULT_CSS = """
    TurnView {
        height: auto;
        margin-bottom: 1;
        & > Static { padding: 0 1; }
        & > .turn--speaker { text-style: bold; color: $text-primary; padding: 0; }
        & > .turn--text { border-left: thick $primary 40%; }
        & > .turn--thinking { border-left: thick $secondary 40%; color: $text-muted; text-style: italic; }
        & > .turn--call { border-left: thick $accent 60%; }
        & > .turn--result { border-left: thick $foreground 20%; }
        & > .turn--error { border-left: thick $error; }
    }
    """

    def __init__(self, number: int, message: Message) -> None:
        super().__init__()
        self.message = message
        self._number = number

    def compose(self) -> ComposeResult:
        """The speaker's line and the blocks."""
        speaker = f"{self._number} · {speaker_of(self.message, self._number)}"
        yield Static(speaker, markup=False, classes="turn--speaker")
        for block in self.message.blocks:
            yield Static(content_of(block, self.app), markup=False, classes=_class_of(block))

    def recolour(self) -> None:
        """Take the colours of another theme."""
        for shown, block in zip(
            self.query(Static).results(Static), (None, *self.message.blocks), strict=False
        ):
            if block is not None:
                shown.update(content_of(block, self.app))


class ConversationView(VerticalScroll):
    """The turns of one attempt.

    New turns and arriving text are added at the end. They move what the reader sees only while the reader is at
    the end.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="conversation.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="conversation.up", tooltip="One line up"),
        Binding("g", "scroll_home", "Top", show=False, id="conversation.top", tooltip="To the beginning"),
        Binding(
            "G,shift+g", "scroll_end", "Bottom", show=False, id="conversation.bottom", tooltip="To the end"
        ),
    ]

    DEFAULT_CSS = """
    ConversationView {
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & > #arriving { padding: 0 1; border-left: thick $accent; margin-bottom: 1; }
        & > #closing { color: $text-muted; }
    }
    """

    _arriving = getters.query_one("#arriving", Static)
    _summary = getters.query_one("#closing", Static)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._turns: list[TurnView] = []
        self._text = ""
        self._words = ""

    @property
    def turns(self) -> tuple[Message, ...]:
        """The turns that are shown."""
        return tuple(turn.message for turn in self._turns)

    @property
    def arriving(self) -> str:
        """The text of the unfinished reply that is shown."""
        return self._text

    def compose(self) -> ComposeResult:
        """What stands below the turns."""
        arriving = Static(id="arriving", markup=False)
        arriving.display = False
        yield arriving
        yield Static(id="closing", markup=False)

    def on_mount(self) -> None:
        """Colour anew when the theme changes: ANSI themes have colours of their own."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def follow(self, follow: bool) -> None:
        """Start at the end and stay there until the reader scrolls away, or else start at the beginning."""
        self.anchor(follow)
        if not follow:
            self.scroll_home(animate=False)

    def show(self, turns: Sequence[Message]) -> None:
        """Show `turns`. Those that are shown already stay as they are."""
        known = [turn.message for turn in self._turns]
        if known != list(turns[: len(known)]):
            for turn in self._turns:
                turn.remove()
            self._turns.clear()
        added = [
            TurnView(number, message) for number, message in enumerate(turns, 1) if number > len(self._turns)
        ]
        if added:
            self._turns.extend(added)
            self.mount_all(added, before=self._arriving)

    def conclude(self, words: str) -> None:
        """Say something under the last turn."""
        if words != self._words:
            self._words = words
            self._summary.update(Content(visible(words)))

    def arrive(self, text: str) -> None:
        """Show the text of a reply that is still arriving; none when it is empty."""
        if text == self._text:
            return
        self._text = text
        self._arriving.display = bool(text)
        # The end is what is being written; the whole is shown when it is complete.
        self._arriving.update(_labelled("still arriving", Content(visible(text[-MAX_SHOWN:]))))

    def _recolour(self, _theme: Theme) -> None:
        for turn in self._turns:
            turn.recolour()


def speaker_of(message: Message, number: int) -> str:
    """Who speaks, in a word or two."""
    if message.role == "assistant":
        return "model"
    if any(isinstance(block, ToolResultBlock) for block in message.blocks):
        return "tools"
    return "prompt" if number == 1 else "user"


def content_of(block: Block, app: App[object]) -> Content:
    """One block as it is shown: what kind it is, where that needs saying, and what it holds."""
    match block:
        case TextBlock(text=text):
            return _shortened(coloured_reply(text, app))
        case ThinkingBlock(thinking=thinking):
            return _labelled("thinking", _shortened(Content(visible(thinking))))
        case ToolUseBlock(name=name, input=arguments):
            return _labelled(f"calls {visible_line(name)}", *_arguments(arguments, app))
        case ToolResultBlock(content=content, is_error=is_error):
            label = "✗ returned an error" if is_error else "returned"
            return _labelled(label, _shortened(Content(visible(content))))
        case OtherBlock(raw=raw):
            return _labelled("a block of a kind this version does not know", _json(raw))


def _arguments(arguments: JSON, app: App[object]) -> Iterator[Content]:
    for name, value in arguments.items():
        if name in _CODE_ARGUMENTS and isinstance(value, str):
            yield _shortened(coloured_code(value, app))
        else:
            shown = Content(visible(value)) if isinstance(value, str) else _json(value)
            yield Content.assemble((f"{visible_line(name)}: ", "dim"), _shortened(shown))


def _json(value: object) -> Content:
    return _shortened(Content(visible(json.dumps(value, indent=2, ensure_ascii=False, default=str))))


def _labelled(label: str, *parts: Content) -> Content:
    return Content("\n").join([Content.styled(label, "bold dim"), *(part for part in parts if part)])


def _shortened(content: Content) -> Content:
    hidden = len(content) - MAX_SHOWN
    if hidden <= 0:
        return content
    return Content.assemble(content[:MAX_SHOWN], (f"\n… {hidden:,} more characters are stored", "dim"))


def _class_of(block: Block) -> str:
    match block:
        case ThinkingBlock():
            return "turn--thinking"
        case ToolUseBlock():
            return "turn--call"
        case ToolResultBlock(is_error=True):
            return "turn--error"
        case ToolResultBlock():
            return "turn--result"
        case _:
            return "turn--text"
