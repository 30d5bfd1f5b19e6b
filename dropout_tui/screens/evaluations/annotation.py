"""Asks for the name, the note and the tags of an evaluation."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from dropout_core.values.annotation import Annotation, AnnotationChange
from dropout_tui.presenters.evaluations.annotation_form import AnnotationForm, annotation_change
from dropout_tui.screens.form_dialog import FormDialog, dialog_keys
from dropout_tui.widgets.form.form_row import Field, FormRow


class AnnotationScreen(FormDialog[AnnotationChange]):
    """The three fields. Gives the change that is asked for, if any."""

    TITLE = "Name, note and tags"
    HELP = """\
# Name, note and tags

**↑ ↓** or **tab** move between fields, **enter** keeps what is filled in, **escape** leaves everything as it is.

Tags are words, with blanks between them. The history's search finds all three: `name:small`, `tag:night`, `note:retry`,
or plain words. On the command line a name stands for its number: `dropout-tui show small`.
"""
    AUTO_FOCUS = "#name"

    BINDINGS: ClassVar[list[BindingType]] = dialog_keys("annotation", "keep", "Keep what is filled in")

    DEFAULT_CSS = "AnnotationScreen > VerticalScroll { width: 76; }"

    def __init__(self, number: int, annotation: Annotation) -> None:
        """Begin with what evaluation `number` has."""
        super().__init__()
        self._number = number
        self._now = annotation

    def compose(self) -> ComposeResult:
        """The fields."""
        given = AnnotationForm.of(self._now)
        with self.frame(f"{self.TITLE} of evaluation {self._number}", enter="keeps"):
            yield FormRow("Name", Field("name", given.name, "what to call it"))
            yield FormRow("Tags", Field("tags", given.tags, "words to find it by"))
            yield FormRow("Note", Field("note", given.note, "a line about it"))

    def action_accept(self) -> None:
        """Keep what is filled in, or say what is wrong with it."""
        form = AnnotationForm(self.typed("name"), self.typed("note"), self.typed("tags"))
        change = annotation_change(form, self._now)
        if isinstance(change, AnnotationChange):
            self.dismiss(None if change == AnnotationChange() else change)
        else:
            self.complain(change)
