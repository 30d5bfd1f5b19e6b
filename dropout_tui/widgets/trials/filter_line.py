"""The line under the table: the filter, and what the table shows, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from dropout_tui.presenters.trials.trial_filter import Failing, OneOf, WithStatus
from dropout_tui.presenters.trials.trial_list import TrialList
from dropout_tui.text.labels import mark_of_status, title_of_failure
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.fitting import Item, fitting
from dropout_tui.widgets.trials.trial_row import MARKED

_EXAMPLE = "failed  check:scaling|rate  code:random.rand  reply:sorry  !passed"
_LEAST_INPUT = 14
_PROMPT_CELLS = 2


def facts(
    view: TrialList, total: int, marked: Collection[int], titles: Mapping[str, str], unread: int = 0
) -> list[Item]:
    """What the table shows of `total` trials, and how many are `marked`; empty when it shows all in their usual order.

    The conversations of `unread` trials are still to be searched.
    """
    items: list[Item] = []
    match view.matching.choice:
        case Failing(check):
            title = title_of_failure(check, titles)
            items.append(Item(Content.styled(f"fails {title}", "bold $text-error"), 6))
        case WithStatus(status):
            mark = mark_of_status(status)
            items.append(Item(Content.styled(str(mark), f"bold {mark.colour}"), 6))
        case OneOf(words=words):
            items.append(Item(Content.styled(visible_line(words), "bold $text-accent"), 6))
    if view.matching:
        items.append(Item(Content.styled(f"{view.shown:,} of {total:,}", "bold"), 9))
    if unread:
        items.append(Item(Content.styled(f"reading, {unread:,} to go", "$foreground-muted"), 7))
    if view.grouped:
        items.append(Item(Content("by cause"), 4))
    if marked:
        hidden = view.hidden(marked)
        unseen = f", {hidden:,} not shown" if hidden else ""
        items.append(Item(Content.styled(f"{MARKED} {len(marked):,} marked{unseen}", "bold $text-accent"), 8))
    if items and (view.matching or marked):
        leaves = "esc unmarks" if marked else "esc shows all"
        items.append(Item(Content.styled(leaves, "$foreground-muted"), 1))
    return items


class FilterInput(Input):
    """Where the filter is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Clear", id="filter.clear", tooltip="Clear the filter"),
        Binding(
            "down,up,tab", "leave", "To the runs", id="filter.leave", show=False, tooltip="Keep the filter"
        ),
        Binding("enter", "submit", "Done", id="filter.done", tooltip="Keep the filter and go to the runs"),
    ]

    class GivenUp(Message):
        """The user gave the filter up."""

    def action_give_up(self) -> None:
        """Empty the line and leave it."""
        self.value = ""
        self.post_message(self.GivenUp())

    async def action_leave(self) -> None:
        """Leave the line as it is."""
        await self.action_submit()


class FilterLine(Horizontal):
    """The line under the table; hidden while that shows all trials in their usual order."""

    DEFAULT_CSS = """
    FilterLine {
        height: 1;
        display: none;
        background: $panel;
        &.-needed { display: block; }
        & > .prompt { width: 2; padding: 0 0 0 1; color: $text-accent; text-style: bold; }
        & > FilterInput { width: 1fr; background: $panel; &:focus { background-tint: transparent; } }
        & > #summary { width: auto; padding: 0 1; text-wrap: nowrap; }
        &.-idle > .prompt, &.-idle > FilterInput { display: none; }
    }
    """

    @dataclass
    class Changed(Message):
        """The filter changed."""

        text: str

    class Left(Message):
        """The user has finished typing."""

    _input = getters.query_one(FilterInput)
    _summary = getters.query_one("#summary", Static)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._items: tuple[Item, ...] = ()

    def compose(self) -> ComposeResult:
        """A prompt, the input, and the words about the table."""
        yield Static("/", classes="prompt", markup=False)
        yield FilterInput(placeholder=_EXAMPLE, compact=True, select_on_focus=False)
        yield Static(id="summary", markup=False)

    @property
    def text(self) -> str:
        """The filter as typed."""
        return self._input.value

    def begin(self) -> None:
        """Let the user type."""
        self.add_class("-needed")
        self.remove_class("-idle")
        self._input.focus()

    def clear(self) -> None:
        """Empty the line."""
        self._input.value = ""

    def show(self, items: Sequence[Item]) -> None:
        """Show `items` beside the filter, as far as there is room."""
        if tuple(items) != self._items:
            self._items = tuple(items)
            self._arrange()

    def on_resize(self) -> None:
        """Show more or fewer items."""
        self._arrange()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _arrange(self) -> None:
        typing = bool(self.text) or self._input.has_focus
        self.set_class(typing or bool(self._items), "-needed")
        self.set_class(not typing, "-idle")
        room = self.size.width - 2 - (_PROMPT_CELLS + _LEAST_INPUT if typing else 0)
        self._summary.update(fitting(self._items, max(0, room), gap=2) if self._items else "")

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._arrange()
        self.post_message(self.Changed(event.value))

    @on(FilterInput.GivenUp)
    @on(Input.Submitted)
    def _leave(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Left())
