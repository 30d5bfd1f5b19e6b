"""Asks how far an evaluation is to go, what its rate is held against, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Select, Static

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_tui.presenters.launch_form import Problems
from dropout_tui.presenters.plan_form import PlanForm, parse_plan
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu, show_problems

_ON, _OFF = "yes, begin no more then", "no"

Change = Callable[[Plan], str | None]
"""Has an evaluation go by another plan; the line that says why not, if it does not."""


class PlanScreen(ModalScreen[None]):
    """The fields of a plan. What is entered holds at once; to undo it, enter the old value again."""

    TITLE = "Runs, band and budget"
    HELP = """\
# Runs, band and budget

**↑ ↓** or **tab** move between fields, **enter** lets what is filled in hold, **escape** leaves everything as it is.
To undo a change, enter the old value again; runs that were added stay.

More runs are made as if the evaluation had been begun with that many. A look at the rate before makes nothing of it
invalid – but a band that was chosen after such a look is not as safe as it says, and the summary tells so.
"""
    AUTO_FOCUS = "#runs"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f5", "change", "Change", id="plan.change", tooltip="Let what is filled in hold"),
        Binding("escape", "leave", "Back", id="plan.leave", tooltip="Leave everything as it is"),
        Binding(
            "down", "app.focus_next", "Next field", show=False, id="plan.next", tooltip="On to the next field"
        ),
        Binding(
            "up",
            "app.focus_previous",
            "Field before",
            show=False,
            id="plan.previous",
            tooltip="Back to the field before",
        ),
    ]

    DEFAULT_CSS = """
    PlanScreen {
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
        & #plan-problem { color: $text-error; display: none; }
    }
    """

    _problem = getters.query_one("#plan-problem", Static)

    def __init__(self, config: EvaluationConfig, change: Change) -> None:
        """Begin with what `config` plans; `change` is what makes it otherwise."""
        super().__init__()
        self._now = Plan.of(config)
        self._given = PlanForm.of(config)
        self._change = change

    def compose(self) -> ComposeResult:
        """The fields, and under them what the evaluation has to say against them."""
        given = self._given
        with VerticalScroll(can_focus=False) as box:
            box.border_title = Content(self.TITLE)
            box.border_subtitle = "enter changes · esc does not"
            yield FormRow("Runs", Field("runs", given.runs))
            yield FormRow("Band, %", Field("band", given.band))
            yield FormRow("Tolerance", Field("tolerance", given.tolerance, "none; or 5 points"))
            decided = _ON if given.until_decided else _OFF
            yield FormRow("Until decided", Menu(_OFF, _ON, value=decided, id="until_decided"))
            yield FormRow("Budget, $", Field("budget", given.budget, "none"))
            yield FormRow(
                "Total tokens", Field("max_total_tokens", given.max_total_tokens, "as many as it takes")
            )
            yield Static(id="plan-problem", markup=False)

    @property
    def form(self) -> PlanForm:
        """The form as it is filled in now."""
        return PlanForm(
            runs=self._typed("runs"),
            band=self._typed("band"),
            tolerance=self._typed("tolerance"),
            until_decided=self.query_one("#until_decided", Menu).chosen == _ON,
            budget=self._typed("budget"),
            max_total_tokens=self._typed("max_total_tokens"),
        )

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Field).value

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self._complain({})
        self._say("")

    @on(Input.Submitted)
    def action_change(self) -> None:
        """Let what is filled in hold, or say what is wrong with it."""
        plan = parse_plan(self.form, self._now)
        if not isinstance(plan, Plan):
            self._complain(plan)
            return
        why = None if plan == self._now else self._change(plan)
        if why is None:
            self.dismiss()
        else:
            self._say(why)

    def _complain(self, problems: Problems) -> None:
        show_problems(self.query(FormRow), problems)

    def _say(self, problem: str) -> None:
        self._problem.update(Content(f"✗ {visible_line(problem)}"))
        self._problem.display = bool(problem)
        if problem:
            self.call_after_refresh(self._problem.scroll_visible, animate=False)

    def action_leave(self) -> None:
        """Leave everything as it is."""
        self.dismiss()
