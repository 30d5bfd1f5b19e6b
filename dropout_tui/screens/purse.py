"""Asks what all evaluations of this program may cost together."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from dropout_core.costs.purse import Purse
from dropout_tui.presenters.launch_form import Problems
from dropout_tui.presenters.purse_form import PurseForm, parse_purse
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.form_row import Field, FormRow, show_problems


class PurseScreen(ModalScreen[None]):
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

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "change", "Change", id="purse.change", tooltip="Let what is filled in hold"),
        Binding("escape", "leave", "Back", id="purse.leave", tooltip="Leave everything as it is"),
        Binding("down", "app.focus_next", "Next field", show=False, id="purse.next",
                tooltip="On to the next field"),
        Binding("up", "app.focus_previous", "Field before", show=False, id="purse.previous",
                tooltip="Back to the field before"),
    ]  # fmt: skip

    DEFAULT_CSS = """
    PurseScreen {
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
        & #purse-spent { color: $foreground-muted; }
    }
    """

    def __init__(self, purse: Purse, spent: str, fill: Callable[[Purse], None]) -> None:
        """Begin with `purse`; `spent` says what was spent, and `fill` is given what is entered."""
        super().__init__()
        self._given = PurseForm.of(purse)
        self._spent = spent
        self._fill = fill

    def compose(self) -> ComposeResult:
        """What was spent, and the fields."""
        with VerticalScroll(can_focus=False) as box:
            box.border_title = Content(f"{self.TITLE} of all evaluations")
            box.border_subtitle = "enter changes · esc does not"
            yield FormRow("Budget, $", Field("budget", self._given.budget, "none"))
            yield FormRow(
                "Total tokens",
                Field("max_total_tokens", self._given.max_total_tokens, "as many as it takes"),
            )
            yield Static(visible_line(self._spent), id="purse-spent", markup=False)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._complain({})

    @on(Input.Submitted)
    def action_change(self) -> None:
        """Let what is filled in hold, or say what is wrong with it."""
        purse = parse_purse(PurseForm(self._typed("budget"), self._typed("max_total_tokens")))
        if isinstance(purse, Purse):
            self._fill(purse)
            self.dismiss()
        else:
            self._complain(purse)

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Field).value

    def _complain(self, problems: Problems) -> None:
        show_problems(self.query(FormRow), problems)

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss()
