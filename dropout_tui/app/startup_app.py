"""An app that paints a first frame before it imports its screens and opens the store."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from dropout_tui.app.editing.answer_actions import AnswerApp
from dropout_tui.app.startup import CannotOpen, FirstFrameText, OpenStartPoint, StartPoint
from dropout_tui.settings.preferences import Preferences
from dropout_tui.terminal.key_queue import KeyQueue
from dropout_tui.terminal.paste_parser import one_line, takes_text
from dropout_tui.text.sanitize import visible_line

WAYS_OUT = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that take effect at once, without waiting for the keys before them."""


class FirstFrame(Static):
    """The screen until the first real one can be shown."""

    DEFAULT_CSS = """
    FirstFrame {
        width: 100%;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self, words: FirstFrameText) -> None:
        parts = ((words.title, "bold"), (words.detail, "$foreground-muted"), (words.notice, "$text-warning"))
        line = Content("  ").join(Content.styled(visible_line(text), style) for text, style in parts if text)
        super().__init__(Content.assemble(line, ("\nopening …", "$foreground-muted")))


class StartupApp(AnswerApp):
    """Opens its start point off the event loop. Keys pressed meanwhile wait for the screen they are meant for."""

    def __init__(
        self,
        opening: OpenStartPoint,
        words: FirstFrameText,
        preferences: Preferences,
        *,
        allow_weak_sandbox: bool,
    ) -> None:
        super().__init__(None, preferences, allow_weak_sandbox=allow_weak_sandbox)
        self.refused: str | None = None
        """Why the start point could not be opened; empty when it could."""
        self._opening = opening
        self._first_words = words
        self._keys = KeyQueue(self, self._hear)

    def compose(self) -> ComposeResult:
        """The first frame."""
        yield FirstFrame(self._first_words)

    def on_mount(self) -> None:
        """Open the start point once the first frame is painted."""
        self.call_after_refresh(self.run_worker, self._open_what_there_is, group="opening")

    async def on_event(self, event: events.Event) -> None:
        """Queue keys and pastes, so that each waits for the ones before it."""
        match event:
            case events.Paste(is_forwarded=False):
                await self._keys.take(event)
            case events.Key(is_forwarded=False, key=key) if not (key in WAYS_OUT and self._keys.waits):
                await self._keys.take(event)
            case _:
                await super().on_event(event)

    async def _hear(self, event: events.Event) -> None:
        """Send a key or paste to the focused widget. A paste is dropped where nothing can be typed."""
        if isinstance(event, events.Paste):
            if not takes_text(self.focused):
                return
            event.text, was_cut = one_line(event.text)
            if was_cut:
                self.say(f"Only this was pasted: {was_cut}.", severity="warning")
        await super().on_event(event)

    @property
    def hears_keys(self) -> bool:
        """Whether the first screen is shown; until then keys wait."""
        return self._keys.begun

    @abstractmethod
    def show_opened(self, opened: StartPoint) -> None:
        """Show the first screen."""

    async def _open_what_there_is(self) -> None:
        try:
            opened = await asyncio.to_thread(self._opening)
        except CannotOpen as problem:
            self.refused = str(problem)
            self.exit()
            return
        self.conversations = opened.store
        await self.take_keys()
        self.show_opened(opened)
        # The screen has its focus once it is painted; from then on the app handles keys.
        self.screen.call_after_refresh(self.call_later, self._keys.begin)
