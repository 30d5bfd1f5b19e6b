"""Asks for the name, the note and the tags of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from dropout_core.values.annotation import Annotation, AnnotationChange
from dropout_tui.presenters.annotation_form import AnnotationForm, annotation_change
from dropout_tui.widgets.form.form_row import Field, FormRow, show_problems


class AnnotationScreen(ModalScreen[AnnotationChange | None]):
    """The three fields. Gives the change that is asked for, if any."""

    TITLE = "Name, note and tags"
    HELP = """\
# Name, note and tags

**↑ ↓** or **tab** move between fields, **enter** keeps what is filled in, **escape** leaves everything as it is.

Tags are words, with blanks between them. The history's search finds all three: `name:small`, `tag:night`, `note:retry`,
or plain words. On the command line a name stands for its number: `dropout-tui show small`.
"""
    AUTO_FOCUS = "#name"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "keep", "Keep", id="annotation.keep", tooltip="Keep what is filled in"),
        Binding("escape", "leave", "Back", id="annotation.leave", tooltip="Leave everything as it is"),
        Binding("down", "app.focus_next", "Next field", show=False, id="annotation.next",
                tooltip="On to the next field"),
        Binding("up", "app.focus_previous", "Field before", show=False, id="annotation.previous",
                tooltip="Back to the field before"),
    ]  # fmt: skip

    DEFAULT_CSS = """
    AnnotationScreen {
        align: center middle;
        & > VerticalScroll {
            width: 76;
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

    def __init__(self, number: int, annotation: Annotation) -> None:
        """Begin with what evaluation `number` has."""
        super().__init__()
        self._number = number
        self._now = annotation

    def compose(self) -> ComposeResult:
        """The fields."""
        given = AnnotationForm.of(self._now)
        with VerticalScroll(can_focus=False) as box:
            box.border_title = Content(f"{self.TITLE} of evaluation {self._number}")
            box.border_subtitle = "enter keeps · esc does not"
            yield FormRow("Name", Field("name", given.name, "what to call it"))
            yield FormRow("Tags", Field("tags", given.tags, "words to find it by"))
            yield FormRow("Note", Field("note", given.note, "a line about it"))

    @on(Input.Changed)
    def _changed(self) -> None:
        self._complain({})

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Keep what is filled in, or say what is wrong with it."""
        form = AnnotationForm(self._typed("name"), self._typed("note"), self._typed("tags"))
        change = annotation_change(form, self._now)
        if isinstance(change, AnnotationChange):
            self.dismiss(None if change == AnnotationChange() else change)
        else:
            self._complain(change)

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Field).value

    def _complain(self, problems: Mapping[str, str]) -> None:
        show_problems(self.query(FormRow), problems)
