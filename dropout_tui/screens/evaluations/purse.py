"""Asks what all evaluations of this program may cost together."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from dropout_core.costs.purse import Purse
from dropout_tui.presenters.evaluations.purse_form import PurseForm, parse_purse
from dropout_tui.screens.form_dialog import FormDialog, dialog_keys
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.form_row import Field, FormRow


class PurseScreen(FormDialog[None]):
    """The fields of the common budget. What is entered holds at once."""

    TITLE = "Common budget"
    HELP = """\
# Common budget

What all evaluations of this program may cost together, since it began; those that have ended count. Empty is no limit.

**↑ ↓** or **tab** move between fields, **enter** lets what is filled in hold, **escape** leaves everything as it is.
For what is in flight the most that it may cost is reserved. Where the budget lets nothing begin, all evaluations wait,
and go on by themselves when there is more. The budget of each evaluation holds besides.
"""
    AUTO_FOCUS = "#budget"

    BINDINGS: ClassVar[list[BindingType]] = dialog_keys("purse", "change", "Let what is filled in hold")

    DEFAULT_CSS = "PurseScreen #purse-spent { color: $foreground-muted; }"

    def __init__(self, purse: Purse, spent: str, fill: Callable[[Purse], None]) -> None:
        """Begin with `purse`; `spent` says what was spent, and `fill` is given what is entered."""
        super().__init__()
        self._given = PurseForm.of(purse)
        self._spent = spent
        self._fill = fill

    def compose(self) -> ComposeResult:
        """What was spent, and the fields."""
        with self.frame(f"{self.TITLE} of all evaluations", enter="changes"):
            yield FormRow("Budget, $", Field("budget", self._given.budget, "none"))
            yield FormRow(
                "Total tokens",
                Field("max_total_tokens", self._given.max_total_tokens, "as many as it takes"),
            )
            yield Static(visible_line(self._spent), id="purse-spent", markup=False)

    def action_accept(self) -> None:
        """Let what is filled in hold, or say what is wrong with it."""
        purse = parse_purse(PurseForm(self.typed("budget"), self.typed("max_total_tokens")))
        if isinstance(purse, Purse):
            self._fill(purse)
            self.dismiss()
        else:
            self.complain(purse)
