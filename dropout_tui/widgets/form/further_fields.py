"""The fields of a new evaluation that few fill in, folded away under *More*."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical

from dropout_core.models.request_settings import EFFORTS
from dropout_core.values.config import REFUSALS
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu, by_field

ANNOTATION = ("name", "tags", "note")
FURTHER = (
    *ANNOTATION,
    *("tolerance", "thinking", "effort", "temperature", "top_p", "system", "set", "refusals", "batch"),
)
"""The names of the fields."""
NO = "no"
_UNSET = "the model's own"
_YES_BATCH = "yes, half the price within 24 hours"


class FurtherFields(Vertical):
    """A row a field. A form has them once they are unfolded: they are a third of its widgets."""

    DEFAULT_CSS = "FurtherFields { height: auto; }"

    def __init__(self, given: LaunchForm) -> None:
        """Start with the values that are `given`."""
        super().__init__()
        self._given = given
        self.rows = by_field(_rows(given))
        """By the names of their fields."""

    def compose(self) -> ComposeResult:
        """The rows."""
        yield from self.rows.values()

    @property
    def values(self) -> dict[str, Any]:
        """The values by the names of `LaunchForm`."""
        entries = {name: row.control.entry for name, row in self.rows.items()}
        if entries["system"] == Field.shown(self._given.system):
            entries["system"] = self._given.system  # of several lines, which the field shows on one
        if entries["effort"] == _UNSET:
            entries["effort"] = ""
        return {**entries, "batch": entries["batch"] == _YES_BATCH}


def values_of(form: LaunchForm) -> dict[str, Any]:
    """The values of `form` in these fields, which need not be there."""
    return {name: getattr(form, name) for name in FURTHER}


def filled_in(form: LaunchForm) -> int:
    """How many of the fields are filled in."""
    blank = values_of(LaunchForm(form.model))
    return sum(str(value).strip() != str(blank[name]) for name, value in values_of(form).items())


def _rows(given: LaunchForm) -> tuple[FormRow, ...]:
    return (
        FormRow("Name", Field("name", given.name, "what to call it")),
        FormRow("Tags", Field("tags", given.tags, "words to find it by")),
        FormRow("Note", Field("note", given.note, "a line about it")),
        FormRow("Tolerance", Field("tolerance", given.tolerance, "none; or 5 points")),
        FormRow("Thinking", Field("thinking", given.thinking, "off, auto, or 4000")),
        FormRow("Effort", Menu(_UNSET, *EFFORTS, value=given.effort or _UNSET, id="effort")),
        FormRow("Temperature", Field("temperature", given.temperature, "the model's own; or 0.7")),
        FormRow("Top-p", Field("top_p", given.top_p, "the model's own; or 0.9")),
        FormRow("System prompt", Field("system", given.system, "none; a text, or @file")),
        FormRow("Set", Field("set", given.set, "further fields: top_k=5")),
        FormRow("Refusals are", Menu(*REFUSALS, value=given.refusals, id="refusals")),
        FormRow("Batch", Menu(NO, _YES_BATCH, value=_YES_BATCH if given.batch else NO, id="batch")),
    )
