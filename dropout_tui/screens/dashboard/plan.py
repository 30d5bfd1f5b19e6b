"""Asks how far an evaluation is to go, what its rate is held against, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Input, Select, Static

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_tui.presenters.evaluations.plan_form import PlanForm, parse_plan
from dropout_tui.screens.form_dialog import FormDialog, dialog_keys
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu

_ON, _OFF = "yes, begin no more then", "no"

Change = Callable[[Plan], str | None]
"""Has an evaluation go by another plan; the line that says why not, if it does not."""


class PlanScreen(FormDialog[None]):
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

    BINDINGS: ClassVar[list[BindingType]] = dialog_keys("plan", "change", "Let what is filled in hold")

    DEFAULT_CSS = "PlanScreen #plan-problem { color: $text-error; display: none; }"

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
        with self.frame(self.TITLE, enter="changes"):
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
            runs=self.typed("runs"),
            band=self.typed("band"),
            tolerance=self.typed("tolerance"),
            until_decided=self.query_one("#until_decided", Menu).entry == _ON,
            budget=self.typed("budget"),
            max_total_tokens=self.typed("max_total_tokens"),
        )

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self._say("")

    def action_accept(self) -> None:
        """Let what is filled in hold, or say what is wrong with it."""
        plan = parse_plan(self.form, self._now)
        if not isinstance(plan, Plan):
            self.complain(plan)
            return
        why = None if plan == self._now else self._change(plan)
        if why is None:
            self.dismiss()
        else:
            self._say(why)

    def _say(self, problem: str) -> None:
        self._problem.update(Content(f"✗ {visible_line(problem)}"))
        self._problem.display = bool(problem)
        if problem:
            self.call_after_refresh(self._problem.scroll_visible, animate=False)
