"""The launch form for a new evaluation, beside the prompt that it would send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from dropout_core.models.request_settings import EFFORTS
from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.annotation import UNANNOTATED
from dropout_core.values.api import APIS
from dropout_core.values.config import (
    DEFAULT_MODEL,
    LOCAL_MODEL,
    MODES,
    REFUSALS,
    SAMPLE_MODEL,
    EvaluationConfig,
)
from dropout_core.values.task_names import DROPOUT
from dropout_tui.presenters.launch_form import LaunchForm, Problems
from dropout_tui.presenters.launch_notice import chooses_api, notice_of, usual_server
from dropout_tui.presenters.launch_parsing import annotation_of, parse
from dropout_tui.presenters.prompt_choice import A_FILE, EDITED, PromptChoice, prompt_of
from dropout_tui.presenters.server_answers import ServerAnswers
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.launch_hints import LaunchHints
from dropout_tui.screens.launch_keys import LAUNCH_HELP, LAUNCH_KEYS
from dropout_tui.widgets.form.fold import Fold
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu
from dropout_tui.widgets.form.prompt_preview import PromptPreview
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

_UNSET = "the model's own"
_ANNOTATION = ("name", "tags", "note")
_FURTHER = (
    *_ANNOTATION,
    *("tolerance", "thinking", "effort", "temperature", "top_p", "system", "set", "refusals", "batch"),
)
"""The fields under *More*."""
_NO, _YES = "no", "yes, one run at a time"
_YES_BATCH = "yes, half the price within 24 hours"
_YES_DECIDED = "yes, stop once in, below or above the band"
LEAST = (36, 8)
"""Columns and lines."""
_UNTOUCHED = "Nothing has been started."
_LOST = "Nothing has been started, and what you filled in is not kept."
_LEAVE_OR_STAY = (Choice("yes", "y", "Quit"), Choice("no", "n", "Stay at the form"))
_PREVIEW_DELAY = 0.2
"""Seconds without a change before the prompt is rebuilt."""


def _further(form: LaunchForm) -> int:
    """How many of the fields under *More* are filled in."""
    blank = LaunchForm(form.model)
    return sum(str(getattr(form, name)).strip() != str(getattr(blank, name)) for name in _FURTHER)


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
    HELP = LAUNCH_HELP
    CSS_PATH = Path(__file__).with_name("launch.tcss")
    AUTO_FOCUS = "#model"
    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-slim"), (70, "-narrow"), (110, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-high")]

    BINDINGS: ClassVar[list[BindingType]] = LAUNCH_KEYS

    preview = getters.query_one(PromptPreview)
    _notice = getters.query_one("#notice", Static)
    _more = getters.query_one(Fold)

    def __init__(
        self,
        form: LaunchForm,
        *,
        key_configured: bool,
        is_first: bool = False,
        is_ready: bool = False,
        may_queue: bool = False,
        variants: Callable[[str], Sequence[PromptVariant]] = lambda _: (),
        answers: ServerAnswers | None = None,
    ) -> None:
        """Start with the values of `form`. `key_configured` tells whether a real model can be asked at all.

        Leaving the first screen leaves the program, so `is_first` makes it ask. `is_ready` puts the cursor on the
        button. Where other evaluations are under way this one `may_queue`. `variants` gives the prompts that people
        made for a task, the newest first; it blocks. `answers` has the server tell what it knows.
        """
        super().__init__()
        self._given = form
        self._suites = _suites_of(form)
        # The name of a changed suite holds its changes.
        self._suite = (form.suite or self._suites[0]) + "".join(form.checks.replace(",", " ").split())
        self._is_first, self._is_ready = is_first, is_ready
        self._may_queue = may_queue
        self.queued = False
        """Whether the evaluation is to wait for those that are under way."""
        self.annotation = UNANNOTATED
        """The name, the note and the tags that it is to have."""
        self._variants_of = variants
        self._prompts = PromptChoice.of(form)
        self._chosen_prompt = self._prompts.word_of(form)
        self._shows_diff = False
        self.left = form
        """The form as it was when the user left."""
        self._key_configured = key_configured
        self._soon: Timer | None = None
        self._hints = LaunchHints(self, answers)

    def compose(self) -> ComposeResult:
        """The form on the left, the prompt on the right."""
        yield Static("New evaluation", id="title")
        yield Static(id="notice", markup=False)
        with Horizontal(id="body"):
            with Form(id="form") as form:
                form.border_title = "Evaluation"
                yield from self._rows()
                yield Button("Start  F5", id="start", variant="primary", compact=True)
                if self._may_queue:
                    yield Button("Queue  F6", id="queue", compact=True)
            yield PromptPreview()
        yield KeyLine()
        yield TooSmall(*LEAST, "F5 starts; esc leaves.")

    def _rows(self) -> ComposeResult:
        given = self._given
        yield FormRow(
            "Model", Field("model", given.model, f"{DEFAULT_MODEL}, {SAMPLE_MODEL} or {LOCAL_MODEL}")
        )
        yield FormRow("API", Menu(*APIS, value=given.api, id="api"))
        yield FormRow("Base URL", Field("base_url", given.base_url, usual_server(given)))
        yield FormRow("Runs", Field("runs", given.runs))
        yield FormRow("Concurrency", Field("concurrency", given.concurrency))
        yield FormRow("Sequential", Menu(_NO, _YES, value=_YES if given.sequential else _NO, id="sequential"))
        yield FormRow("Mode", Menu(*MODES, value=given.mode, id="mode"))
        word = self._chosen_prompt
        yield FormRow("Prompt", Menu(*self._prompts.words, value=word, id="level"))
        path = given.prompt if word == A_FILE else ""
        yield FormRow("Prompt file", Field("prompt", path, "path of a text file"))
        yield FormRow("Prompt name", Field("prompt_name", given.prompt_name, "such as plain-2"))
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
        yield FormRow("Name", Field("name", given.name, "what to call it"))
        yield FormRow("Tags", Field("tags", given.tags, "words to find it by"))
        yield FormRow("Note", Field("note", given.note, "a line about it"))
        yield FormRow("Tolerance", Field("tolerance", given.tolerance, "none; or 5 points"))
        yield FormRow("Thinking", Field("thinking", given.thinking, "off, auto, or 4000"))
        yield FormRow("Effort", Menu(_UNSET, *EFFORTS, value=given.effort or _UNSET, id="effort"))
        yield FormRow("Temperature", Field("temperature", given.temperature, "the model's own; or 0.7"))
        yield FormRow("Top-p", Field("top_p", given.top_p, "the model's own; or 0.9"))
        yield FormRow("System prompt", Field("system", given.system, "none; a text, or @file"))
        yield FormRow("Set", Field("set", given.set, "further fields: top_k=5"))
        yield FormRow("Refusals are", Menu(*REFUSALS, value=given.refusals, id="refusals"))
        yield FormRow("Batch", Menu(_NO, _YES_BATCH, value=_YES_BATCH if given.batch else _NO, id="batch"))

    def on_mount(self) -> None:
        """Show the first prompt and notice."""
        self._show_further()
        self._react()
        self._offer_variants()
        self._ask_for_models()
        if self._is_ready:
            self.query_one("#start").focus()

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
            api=self.query_one("#api", Menu).chosen,
            runs=self._typed("runs"),
            concurrency=self._typed("concurrency"),
            sequential=self.query_one("#sequential", Menu).chosen == _YES,
            mode=self.query_one("#mode", Menu).chosen,
            task=self._given.task,
            **self._prompts.fields(
                self.query_one("#level", Menu).chosen, self._typed("prompt"), self._typed("prompt_name")
            ),
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
            batch=self.query_one("#batch", Menu).chosen == _YES_BATCH,
            system=self._system,
            set=self._typed("set"),
            refusals=self.query_one("#refusals", Menu).chosen,
            **{name: self._typed(name) for name in _ANNOTATION},
        )

    @property
    def _system(self) -> str:
        """The system prompt. One of several lines, which the field shows on one, stays as it was given."""
        field, given = self.query_one("#system", Field), self._given.system
        return given if field.value == field.validate_value(given) else field.value

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
        notice = notice_of(form, anthropic_key=self._key_configured)
        self._notice.update(notice)
        self._notice.set_class(not notice, "-empty")
        self._row("api").display = chooses_api(form)
        self._row("prompt").display = self._chosen_prompt == A_FILE
        self._row("prompt_name").display = bool(form.prompt_text or form.prompt_name)
        self._row("concurrency").set_class(form.sequential, "-unused")
        self._row("max_steps").set_class(form.mode == MODES[0], "-unused")
        filled_in = _further(form)
        self.refresh_bindings()
        self._more.say(f"{filled_in} filled in" if filled_in else "name, tags, thinking, …")
        self._hints.react(form)
        self._preview(form)

    @on(Select.Changed, "#api")
    def _api_chosen(self) -> None:
        self.query_one("#base_url", Field).placeholder = usual_server(self.form)
        self._ask_for_models()

    @on(Input.Blurred, "#base_url")
    def _ask_for_models(self) -> None:
        form = self.form
        self._hints.ask_for_models(form, typed=form.base_url != self._given.base_url)

    @on(Select.Changed, "#level")
    def _prompt_chosen(self, event: Select.Changed) -> None:
        """Show the name of a variant; move to the field for the path when a file has been chosen."""
        if event.value == self._chosen_prompt:
            return
        self._chosen_prompt = str(event.value)
        variant = self._prompts.variant(self._chosen_prompt)
        self.query_one("#prompt_name", Field).value = "" if variant is None else variant.name
        if event.value == A_FILE and event.select.has_focus_within:
            self._row("prompt").display = True
            self.query_one("#prompt", Field).focus()

    # ---- the prompt in hand ---------------------------------------------------------------------------------------

    @work(group="variants", exit_on_error=False)
    async def _offer_variants(self) -> None:
        stored = await asyncio.to_thread(self._variants_of, self._given.task)
        self._prompts = replace(self._prompts, stored=tuple(stored))
        self._offer(self._chosen_prompt)

    def _offer(self, word: str) -> None:
        """Offer what there is now, with `word` chosen."""
        menu = self.query_one("#level", Menu)
        with self.prevent(Select.Changed):
            menu.offer(*self._prompts.words, value=word)
        self._chosen_prompt = word

    def take_prompt(self, text: str) -> None:
        """Have a text in hand that was made of the prompt in the form."""
        made = self._prompts.made(text, self.form)
        self._prompts = replace(self._prompts, edited=made)
        self._offer(EDITED)
        self.query_one("#prompt_name", Field).value = made.name
        self._react()

    def action_diff(self) -> None:
        """Show what was changed in the prompt, or all of it again."""
        self._shows_diff = not self._shows_diff
        self._preview(self.form)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Show the key of the diff where there is one, and that of the queue where there is something to wait for."""
        match action:
            case "diff":
                return self._prompts.variant(self._chosen_prompt) is not None
            case "queue":
                return self._may_queue
            case _:
                return True

    @on(Fold.Toggled)
    def _show_further(self) -> None:
        for name in _FURTHER:
            self._row(name).display = self._more.is_open

    @work(group="preview", exclusive=True, exit_on_error=False)
    async def _preview(self, form: LaunchForm) -> None:
        if not form.prompt.strip():
            self.preview.explain("Give the path of a text file that holds the prompt.")
            return
        try:
            prompt = await asyncio.to_thread(prompt_of, form)
        except ValueError as problem:
            self.preview.explain(str(problem))
        else:
            self.preview.show(prompt.text, prompt.requirements, before=prompt.before, diff=self._shows_diff)

    # ---- starting -------------------------------------------------------------------------------------------------

    @on(Input.Submitted)
    def _go_on(self) -> None:
        self.focus_next()

    @on(Button.Pressed, "#start")
    def action_start(self) -> None:
        """Start what the form asks for, or say what is wrong with it."""
        self.queued = False
        self._start(self.form)

    @on(Button.Pressed, "#queue")
    def action_queue(self) -> None:
        """Let it wait for what is under way, or say what is wrong with it."""
        self.queued = True
        self._start(self.form)

    @work(group="start", exclusive=True, exit_on_error=False)
    async def _start(self, form: LaunchForm) -> None:
        parsed = await asyncio.to_thread(parse, form)
        if isinstance(parsed, EvaluationConfig) and (clash := self._prompts.clash(form)) is not None:
            parsed = {"prompt_name": clash}
        if isinstance(parsed, EvaluationConfig):
            self.annotation, self.left = annotation_of(form), form
            self.dismiss(parsed)
        else:
            self._complain(parsed)

    def _complain(self, problems: Problems) -> None:
        for row in self.query(FormRow):
            row.complain(problems.get(row.control.id or "", ""))
        name = next(iter(problems))
        first = self._row("level" if name == "prompt_text" else name)
        first.complain(problems[name])
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
