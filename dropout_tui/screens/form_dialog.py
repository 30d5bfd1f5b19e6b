"""The base of dialogs with fields in a frame: enter accepts what is filled in, escape leaves everything as it is."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Select

from dropout_tui.widgets.form.form_row import Field, FormRow, show_problems

Result = TypeVar("Result")


def dialog_keys(name: str, verb: str, tooltip: str) -> list[BindingType]:
    """The keys of the dialog `name`, whose fields are accepted by the key for `verb`: ``change``."""
    return [
        Binding("ctrl+s,f5", "accept", verb.capitalize(), id=f"{name}.{verb}", tooltip=tooltip),
        Binding("escape", "leave", "Back", id=f"{name}.leave", tooltip="Leave everything as it is"),
        Binding("down", "app.focus_next", "Next field", show=False, id=f"{name}.next",
                tooltip="On to the next field"),
        Binding("up", "app.focus_previous", "Field before", show=False, id=f"{name}.previous",
                tooltip="Back to the field before"),
    ]  # fmt: skip


class FormDialog(ModalScreen[Result | None]):
    """A dialog whose fields are composed in its `frame`; its keys are its own `dialog_keys`."""

    DEFAULT_CSS = """
    FormDialog {
        align: center middle;
        & > VerticalScroll {
            width: 60;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            border: round $accent;
            border-title-style: bold;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
    }
    """

    def frame(self, title: str, *, enter: str) -> VerticalScroll:
        """The frame around the fields; `enter` is what that key does with them: ``changes``."""
        frame = VerticalScroll(can_focus=False)
        frame.border_title = Content(title)
        frame.border_subtitle = f"enter {enter} · esc does not"
        return frame

    def typed(self, field: str) -> str:
        """What stands in a field, by its name."""
        return self.query_one(f"#{field}", Field).value

    def complain(self, problems: Mapping[str, str]) -> None:
        """Show each field its problem, or none."""
        show_problems(self.query(FormRow), problems)

    @on(Input.Changed)
    @on(Select.Changed)
    def _forget_problems(self) -> None:
        self.complain({})

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_accept()

    @abstractmethod
    def action_accept(self) -> None:
        """Let what is filled in hold, or say what is wrong with it."""

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)
