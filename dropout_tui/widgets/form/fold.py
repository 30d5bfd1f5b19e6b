"""A line of a form that shows or hides the rows below it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from dropout_tui.text.sanitize import visible_line


class Fold(Static, can_focus=True):
    """A line that shows or hides rows, and sums up what they hold."""

    DEFAULT_CSS = """
    Fold {
        height: 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        &:focus { color: $text-accent; text-style: bold; }
        &:nocolor:focus { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,space", "fold", "More", show=False, id="fold.toggle", tooltip="Show or hide more fields"
        ),
    ]

    class Toggled(Message):
        """The user shows or hides the rows."""

    def __init__(self, label: str, *, id: str, is_open: bool) -> None:  # noqa: A002
        super().__init__(markup=False, id=id)
        self._label = label
        self._gist = ""
        self.is_open = is_open
        """Whether the rows are shown."""

    def on_mount(self) -> None:
        """Draw it."""
        self.say(self._gist)

    def say(self, gist: str) -> None:
        """Show a summary of the rows."""
        self._gist = gist
        label = f"{'▾' if self.is_open else '▸'} {self._label}"
        self.update(Content.assemble(f"{label:15}", (visible_line(gist), "dim")))

    def action_fold(self) -> None:
        """Show the rows, or hide them."""
        self.is_open = not self.is_open
        self.say(self._gist)
        self.post_message(self.Toggled())

    def on_click(self) -> None:
        """Show or hide the rows."""
        self.action_fold()
