"""The launch form for a new evaluation, beside the prompt that it would send."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from dropout_core.models.anthropic.request_settings import EFFORTS
from dropout_core.models.http.destination import destination_at
from dropout_core.task.prompt import load_prompt, unstated
from dropout_core.task.requirement import Explicitness
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.config import (
    DEFAULT_MODEL,
    MODES,
    REFUSALS,
    SAMPLE_MODEL,
    SAMPLE_NOTICE,
    EvaluationConfig,
)
from dropout_core.values.task_names import DROPOUT
from dropout_tui.presenters.launch_form import LaunchForm, Problems, parse
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.form.fold import Fold
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu
from dropout_tui.widgets.form.prompt_preview import PromptPreview
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

KEY_NOTICE = f"no API key found: set ANTHROPIC_API_KEY or choose model {SAMPLE_MODEL}"
_A_FILE = "a file…"
_UNSET = "the model's own"
_FURTHER = ("tolerance", "thinking", "effort", "temperature", "top_p", "system", "set", "refusals")
"""The fields under *More*."""
_NO, _YES = "no", "yes, one run at a time"
_YES_DECIDED = "yes, stop once in, below or above the band"
LEAST = (36, 8)
"""Columns and lines."""
_UNTOUCHED = "Nothing has been started."
_LOST = "Nothing has been started, and what you filled in is not kept."
_LEAVE_OR_STAY = (Choice("yes", "y", "Quit"), Choice("no", "n", "Stay at the form"))
_PREVIEW_DELAY = 0.2
"""Seconds without a change before the prompt is rebuilt."""


def _further(form: LaunchForm) -> int:
    """How many of the fields under *More* are filled in, in words."""
    blank = LaunchForm(form.model)
    return sum(getattr(form, name).strip() != getattr(blank, name) for name in _FURTHER)


def _suites_of(form: LaunchForm) -> tuple[str, ...]:
    """The suites of the form's task; only the one in the form, when the task cannot be loaded."""
    try:
        return choose_task(form.task).suite_names
    except TaskUnusable:
        return (form.suite,)


class Form(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields. The arrow keys move between them, and the focused one is scrolled into view."""

    def be_entered(self, entered: bool) -> None:
        """Highlight the frame, or no longer; the fields in it look the same either way, and are not styled anew."""
        if entered != self.has_class("-entered"):
            self.set_class(entered, "-entered", update=False)
            self.app.stylesheet.update_nodes([self])
            self.refresh()


class LaunchScreen(Screen[EvaluationConfig | None]):
    """Asks what to evaluate; returns the configuration, or ``None`` when the user leaves."""

    TITLE = "New evaluation"
    HELP = """\
# New evaluation

**↑ ↓** or **tab** move between fields, **enter** opens a menu, **F5** or **ctrl+s** starts.
**esc** goes back, and what you filled in stands here the next time; as the first screen it asks
whether to leave the program.

The prompt is put together from the suite's requirements, so it asks for exactly what is checked.
With a prompt file of your own, the checks it does not mention are listed above it.

**More** holds how the model is to think and to choose its words; what is left empty is left to the model.
"""
    CSS_PATH = Path(__file__).with_name("launch.tcss")
    AUTO_FOCUS = "#model"
    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-slim"), (70, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-high")]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5,ctrl+s", "start", "Start", id="launch.start", tooltip="Start the evaluation"),
        Binding(
            "down",
            "app.focus_next",
            "Next field",
            show=False,
            id="launch.next",
            tooltip="On to the next field",
        ),
        Binding(
            "up",
            "app.focus_previous",
            "Field before",
            show=False,
            id="launch.previous",
            tooltip="Back to the field before",
        ),
        Binding("escape", "leave", "Leave", id="launch.leave", tooltip="Leave without starting anything"),
        Binding("f3,h", "app.history", "History", id="app.history", tooltip="All stored evaluations"),
        Binding("f1", "app.toggle_help", "Help", id="app.keys", tooltip="What the keys do"),
    ]

    preview = getters.query_one(PromptPreview)
    _notice = getters.query_one("#notice", Static)
    _more = getters.query_one(Fold)

    def __init__(self, form: LaunchForm, *, key_configured: bool, is_first: bool = False) -> None:
        """Start with the values of `form`. `key_configured` tells whether a real model can be asked at all.

        Leaving the first screen leaves the program, so `is_first` makes it ask.
        """
        super().__init__()
        self._given = form
        self._suites = _suites_of(form)
        # The name of a changed suite holds its changes.
        self._suite = (form.suite or self._suites[0]) + "".join(form.checks.replace(",", " ").split())
        self._is_first = is_first
        self.left = form
        """The form as it was when the user left without starting."""
        self._key_configured = key_configured
        self._soon: Timer | None = None

    def compose(self) -> ComposeResult:
        """The form on the left, the prompt on the right."""
        yield Static("New evaluation", id="title")
        yield Static(id="notice", markup=False)
        with Horizontal(id="body"):
            with Form(id="form") as form:
                form.border_title = "Evaluation"
                yield from self._rows()
                yield Button("Start  F5", id="start", variant="primary", compact=True)
            yield PromptPreview()
        yield KeyLine()
        yield TooSmall(*LEAST, "F5 starts; esc leaves.")

    def _rows(self) -> ComposeResult:
        given = self._given
        own = given.prompt not in set(Explicitness)
        yield FormRow("Model", Field("model", given.model, f"{DEFAULT_MODEL}, or {SAMPLE_MODEL}"))
        yield FormRow("Base URL", Field("base_url", given.base_url, self._usual_server))
        yield FormRow("Runs", Field("runs", given.runs))
        yield FormRow("Concurrency", Field("concurrency", given.concurrency))
        yield FormRow("Sequential", Menu(_NO, _YES, value=_YES if given.sequential else _NO, id="sequential"))
        yield FormRow("Mode", Menu(*MODES, value=given.mode, id="mode"))
        yield FormRow(
            "Prompt", Menu(*Explicitness, _A_FILE, value=_A_FILE if own else given.prompt, id="level")
        )
        yield FormRow("Prompt file", Field("prompt", given.prompt if own else "", "path of a text file"))
        if given.task != DROPOUT:
            yield FormRow("Task", Menu(given.task, value=given.task, id="task"))
        yield FormRow("Suite", Menu(*self._suites, value=self._suite, id="suite"))
        yield FormRow("Band, %", Field("band", given.band))
        decided = _YES_DECIDED if given.until_decided else _NO
        yield FormRow("Until decided", Menu(_NO, _YES_DECIDED, value=decided, id="until_decided"))
        yield FormRow("Seed", Field("seed", given.seed, "a fresh one"))
        yield FormRow("Max steps", Field("max_steps", given.max_steps))
        yield FormRow("Max tokens", Field("max_tokens", given.max_tokens, "of one reply, or auto"))
        yield FormRow(
            "Total tokens", Field("max_total_tokens", given.max_total_tokens, "as many as it takes")
        )
        yield FormRow("Budget, $", Field("budget", given.budget, "none"))
        yield FormRow("Price, $/M", Field("price", given.price, "as listed; or 1,5"))
        yield Fold("More", id="more", is_open=bool(_further(given)))
        yield FormRow("Tolerance", Field("tolerance", given.tolerance, "none; or 5 points"))
        yield FormRow("Thinking", Field("thinking", given.thinking, "off, auto, or 4000"))
        yield FormRow("Effort", Menu(_UNSET, *EFFORTS, value=given.effort or _UNSET, id="effort"))
        yield FormRow("Temperature", Field("temperature", given.temperature, "the model's own; or 0.7"))
        yield FormRow("Top-p", Field("top_p", given.top_p, "the model's own; or 0.9"))
        yield FormRow("System prompt", Field("system", given.system, "none; a text, or @file"))
        yield FormRow("Set", Field("set", given.set, "further fields: top_k=5"))
        yield FormRow("Refusals are", Menu(*REFUSALS, value=given.refusals, id="refusals"))

    def on_mount(self) -> None:
        """Show the first prompt and notice."""
        self._show_further()
        self._react()

    def watch_focused(self, focused: Widget | None) -> None:
        """Highlight the frame of the form while the focus is in it.

        With `:focus-within` on the frame every step from field to field would restyle the whole form.
        """
        for form in self.query(Form):
            form.be_entered(focused is not None and form in focused.ancestors)

    @property
    def form(self) -> LaunchForm:
        """The form as it is filled in now."""
        return LaunchForm(
            model=self._typed("model"),
            base_url=self._typed("base_url"),
            runs=self._typed("runs"),
            concurrency=self._typed("concurrency"),
            sequential=self.query_one("#sequential", Menu).chosen == _YES,
            mode=self.query_one("#mode", Menu).chosen,
            task=self._given.task,
            prompt=self._prompt,
            suite=self.query_one("#suite", Menu).chosen,
            band=self._typed("band"),
            tolerance=self._typed("tolerance"),
            seed=self._typed("seed"),
            max_steps=self._typed("max_steps"),
            max_tokens=self._typed("max_tokens"),
            until_decided=self.query_one("#until_decided", Menu).chosen == _YES_DECIDED,
            budget=self._typed("budget"),
            max_total_tokens=self._typed("max_total_tokens"),
            price=self._typed("price"),
            thinking=self._typed("thinking"),
            effort="" if (effort := self.query_one("#effort", Menu).chosen) == _UNSET else effort,
            temperature=self._typed("temperature"),
            top_p=self._typed("top_p"),
            timeout=self._given.timeout,
            tries=self._given.tries,
            nonce=self._given.nonce,
            system=self._system,
            set=self._typed("set"),
            refusals=self.query_one("#refusals", Menu).chosen,
        )

    @property
    def _system(self) -> str:
        """The system prompt. One of several lines, which the field shows on one, stays as it was given."""
        field, given = self.query_one("#system", Field), self._given.system
        return given if field.value == field.validate_value(given) else field.value

    @property
    def _prompt(self) -> str:
        level = self.query_one("#level", Menu).chosen
        return self._typed("prompt") if level == _A_FILE else level

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value

    # ---- reacting to changes --------------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, event: Input.Changed | Select.Changed) -> None:
        for row in self.query(FormRow):
            if row.control is event.control:
                row.complain("")
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(_PREVIEW_DELAY, self._react)

    def _react(self) -> None:
        form = self.form
        notice = self._notice_for(form)
        self._notice.update(notice)
        self._notice.set_class(not notice, "-empty")
        self._row("prompt").display = self.query_one("#level", Menu).chosen == _A_FILE
        self._row("concurrency").set_class(form.sequential, "-unused")
        self._row("max_steps").set_class(form.mode == MODES[0], "-unused")
        filled_in = _further(form)
        self._more.say(f"{filled_in} filled in" if filled_in else "thinking, effort, …")
        self._preview(form)

    @on(Select.Changed, "#level")
    def _ask_for_the_file(self, event: Select.Changed) -> None:
        """Move to the field for the path when a file has been chosen."""
        if event.value == _A_FILE and event.select.has_focus_within:
            self._row("prompt").display = True
            self.query_one("#prompt", Field).focus()

    @on(Fold.Toggled)
    def _show_further(self) -> None:
        for name in _FURTHER:
            self._row(name).display = self._more.is_open

    @property
    def _usual_server(self) -> str:
        """The address of requests when none is given."""
        usual = destination_at(None)
        return "Anthropic's" if usual.is_anthropic else visible_line(f"{usual.shown} (ANTHROPIC_BASE_URL)")

    def _notice_for(self, form: LaunchForm) -> str:
        if form.model.strip() == SAMPLE_MODEL:
            return SAMPLE_NOTICE
        destination = destination_at(form.base_url.strip() or None)
        if not destination.is_usual:
            words = destination.words
            return visible_line(words[0].upper() + words[1:])
        # Another server may need no key.
        return "" if self._key_configured or destination.is_loopback else KEY_NOTICE

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _preview(self, form: LaunchForm) -> None:
        if not form.prompt.strip():
            self.preview.explain("Give the path of a text file that holds the prompt.")
            return
        mode = MODES[1] if form.mode == MODES[1] else MODES[0]
        try:
            task = await asyncio.to_thread(choose_task, form.task)
            level = form.prompt.strip()
            prompt = await asyncio.to_thread(load_prompt, level, suite=form.suite, mode=mode, task=task)
        except ValueError as problem:
            self.preview.explain(str(problem))
        else:
            self.preview.show(prompt.text, unstated(prompt.text, task.suite(form.suite)))

    # ---- starting -------------------------------------------------------------------------------------------------

    @on(Input.Submitted)
    def _go_on(self) -> None:
        self.focus_next()

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Start what the form asks for, or say what is wrong with it."""
        self._start(self.form)

    @work(group="start", exclusive=True, exit_on_error=False)
    async def _start(self, form: LaunchForm) -> None:
        parsed = await asyncio.to_thread(parse, form)
        if isinstance(parsed, EvaluationConfig):
            self.dismiss(parsed)
        else:
            self._complain(parsed)

    def _complain(self, problems: Problems) -> None:
        for row in self.query(FormRow):
            row.complain(problems.get(row.control.id or "", ""))
        first = self._row(next(iter(problems)))
        if not self._more.is_open and first.control.id in _FURTHER:
            self._more.action_fold()
            self._show_further()
        # A row that was hidden has no position until it is laid out.
        self.call_after_refresh(self._point_at, first)

    def _point_at(self, row: FormRow) -> None:
        row.control.focus()
        row.scroll_visible(animate=False)

    def _row(self, field: str) -> FormRow:
        return next(row for row in self.query(FormRow) if row.control.id == field)

    def action_leave(self) -> None:
        """Leave without starting; ask first when that leaves the program."""
        self.left = self.form
        if self._is_first:
            question = _UNTOUCHED if self.left == self._given else _LOST
            self.app.push_screen(
                ConfirmScreen(question, _LEAVE_OR_STAY, safe="no", title="Quit?"), self._answered
            )
        else:
            self.dismiss(None)

    def _answered(self, answer: str | None) -> None:
        if answer == "yes":
            self.dismiss(None)
