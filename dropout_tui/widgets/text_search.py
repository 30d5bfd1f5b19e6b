"""The search line: marks every match in the texts on screen, and goes from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static


class PlacesChanged(Message):
    """The matches in a text changed, or the current one did."""


class Searched(Protocol):
    """A text on screen that can be searched. It sends `PlacesChanged`."""

    @property
    def places_found(self) -> int:
        """The number of matches."""
        ...

    @property
    def current_place(self) -> int | None:
        """The index of the current match; ``None`` if there is none."""
        ...

    @property
    def place_in_sight(self) -> int:
        """The index of the first match not above the visible part; 0 when all are."""
        ...

    def seek(self, sought: str) -> None:
        """Mark the matches of `sought`; none when it is empty."""
        ...

    def be_at_place(self, index: int | None) -> None:
        """Make the match with this index the current one and scroll to it; ``None`` for none."""
        ...


class SearchInput(Input):
    """Where the words are typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Clear", id="search.clear", tooltip="Clear the search"),
        Binding("enter,down,up", "submit", "Done", id="search.done", key_display="⏎",
                tooltip="Go on with n and N in the text"),
    ]  # fmt: skip

    class GivenUp(Message):
        """The user gave the search up."""

    def action_give_up(self) -> None:
        """Say so."""
        self.post_message(self.GivenUp())


class TextSearch(Horizontal):
    """The search line; hidden while nothing is searched for."""

    DEFAULT_CSS = """
    TextSearch {
        height: 1;
        display: none;
        background: $panel;
        & > .prompt { width: 2; padding: 0 0 0 1; color: $text-accent; text-style: bold; }
        & > SearchInput { width: 1fr; background: $panel; &:focus { background-tint: transparent; } }
        & > #places { width: auto; padding: 0 1; text-wrap: nowrap; }
    }
    """

    class Left(Message):
        """The user has finished typing."""

    _input = getters.query_one(SearchInput)
    _places = getters.query_one("#places", Static)

    def __init__(self) -> None:
        super().__init__()
        self._texts: Sequence[Searched] = ()
        self._begun_in: Searched | None = None

    def compose(self) -> ComposeResult:
        """A prompt, the input, and the number of matches."""
        yield Static("/", classes="prompt", markup=False)
        yield SearchInput(placeholder="in code and conversation; enter, then n and N", compact=True)
        yield Static(id="places", markup=False)

    @property
    def is_on(self) -> bool:
        """Whether something is searched for, or is just being typed."""
        return bool(self.display)

    @property
    def current(self) -> Searched | None:
        """The text that holds the current match."""
        return next((text for text in self._texts if text.current_place is not None), None)

    def begin(self, within: Searched | None) -> None:
        """Let the user type, searching `within` the text being read first; earlier input is selected."""
        self._begun_in = within
        self.display = True
        self._input.focus()

    def end(self) -> None:
        """End the search."""
        self.display = False
        self._input.value = ""
        self._seek()

    def look_through(self, texts: Sequence[Searched]) -> None:
        """Search in these texts, from the first to the last, and no longer in others."""
        for text in self._texts:
            if text not in texts:
                text.seek("")
        self._texts = tuple(texts)
        self._seek()

    def step(self, by: int) -> None:
        """Go to the next match or the previous one; after the last comes the first."""
        found = self._found
        if not found:
            self.app.bell()
            return
        here = self._here
        if here is not None:
            self._go(found[(here + by) % len(found)])
        elif (nearest := self._nearest()) is not None:
            self._go(nearest)

    def say(self) -> None:
        """Show the number of matches, and which is the current one."""
        total, here = len(self._found), self._here
        if not self._input.value:
            words = Content("")
        elif not total:
            words = Content.styled("nothing found", "bold $text-error")
        elif here is None:
            words = Content.styled(f"{total:,} found", "bold")
        else:
            words = Content.styled(f"{here + 1:,} of {total:,}", "bold")
        self._places.update(words)

    @property
    def _found(self) -> list[tuple[Searched, int]]:
        return [(text, index) for text in self._texts for index in range(text.places_found)]

    @property
    def _here(self) -> int | None:
        """The index of the current match among all."""
        before = 0
        for text in self._texts:
            if text.current_place is not None:
                return before + text.current_place
            before += text.places_found
        return None

    def _nearest(self) -> tuple[Searched, int] | None:
        """The first visible match in the text being read or, if it has none, in the first text that has one."""
        texts = sorted(self._texts, key=lambda text: text is not self._begun_in)
        return next(((text, text.place_in_sight) for text in texts if text.places_found), None)

    def _go(self, place: tuple[Searched, int]) -> None:
        where, index = place
        for text in self._texts:
            if text is not where and text.current_place is not None:
                text.be_at_place(None)
        where.be_at_place(index)
        self.say()

    def _seek(self) -> None:
        for text in self._texts:
            text.seek(self._input.value)
        self.say()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        """Mark the matches of the input, and go to the first one from where the reader is."""
        event.stop()
        self._seek()
        if (nearest := self._nearest()) is not None:
            self._go(nearest)

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave()

    @on(SearchInput.GivenUp)
    def _give_up(self, event: SearchInput.GivenUp) -> None:
        event.stop()
        self.end()
        self._leave()

    @on(events.DescendantBlur)
    def _is_left(self) -> None:
        """End a search without input."""
        if not self._input.value:
            self.end()

    def _leave(self) -> None:
        if not self._input.value:
            self.end()
        self.post_message(self.Left())
