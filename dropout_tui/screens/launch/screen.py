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
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.values.annotation import UNANNOTATED
from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import notice_of, usual_server
from dropout_tui.presenters.launch.parsing import annotation_of, parse
from dropout_tui.presenters.launch.prompt_choice import EDITED, prompt_of
from dropout_tui.presenters.launch.server_answers import ServerAnswers
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.full_screen import FullScreen
from dropout_tui.screens.launch.hints import LaunchHints
from dropout_tui.screens.launch.keys import LAUNCH_HELP, LAUNCH_KEYS
from dropout_tui.widgets.form.form_row import Field
from dropout_tui.widgets.form.launch_fields import LaunchFields
from dropout_tui.widgets.form.prompt_preview import PromptPreview
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 8)
"""Columns and lines."""
_UNTOUCHED = "Nothing has been started."
_LOST = "Nothing has been started, and what you filled in is not kept."
_LEAVE_OR_STAY = (Choice("yes", "y", "Quit"), Choice("no", "n", "Stay at the form"))
_PREVIEW_DELAY = 0.2
"""Seconds without a change before the prompt is rebuilt."""


class LaunchScreen(FullScreen[EvaluationConfig | None]):
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
        buttons = [Button("Start  F5", id="start", variant="primary", compact=True)]
        if may_queue:
            buttons.append(Button("Queue  F6", id="queue", compact=True))
        self._fields = LaunchFields(form, *buttons, id="form")
        self._is_first, self._is_ready = is_first, is_ready
        self._may_queue = may_queue
        self.queued = False
        """Whether the evaluation is to wait for those that are under way."""
        self.annotation = UNANNOTATED
        """The name, the note and the tags that it is to have."""
        self._variants_of = variants
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
            yield self._fields
            yield PromptPreview()
        yield KeyLine()
        yield TooSmall(*LEAST, "F5 starts; esc leaves.")

    def on_mount(self) -> None:
        """Show the first prompt and notice."""
        self._react()
        self._offer_variants()
        self._ask_for_models()
        if self._is_ready:
            self.query_one("#start").focus()

    def watch_focused(self, focused: Widget | None) -> None:
        """Highlight the frame of the form while the focus is in it.

        With `:focus-within` on the frame every step from field to field would restyle the whole form.
        """
        self._fields.be_entered(focused is not None and self._fields in focused.ancestors)

    @property
    def form(self) -> LaunchForm:
        """The form as it is filled in now."""
        return self._fields.form

    # ---- reacting to changes --------------------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, event: Input.Changed | Select.Changed) -> None:
        self._fields.forget_problem(event.control)
        if self._soon is not None:
            self._soon.stop()
        self._soon = self.set_timer(_PREVIEW_DELAY, self._react)

    def _react(self) -> None:
        form = self.form
        notice = notice_of(form, anthropic_key=self._key_configured)
        self._notice.update(notice)
        self._notice.set_class(not notice, "-empty")
        self._fields.fit(form)
        self.refresh_bindings()
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

    # ---- the prompt in hand ---------------------------------------------------------------------------------------

    @work(group="variants", exit_on_error=False)
    async def _offer_variants(self) -> None:
        stored = await asyncio.to_thread(self._variants_of, self._given.task)
        self._fields.offer(replace(self._fields.prompts, stored=tuple(stored)))

    def take_prompt(self, text: str) -> None:
        """Have a text in hand that was made of the prompt in the form."""
        made = self._fields.prompts.made(text, self.form)
        self._fields.offer(replace(self._fields.prompts, edited=made), EDITED)
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
                return self._fields.variant is not None
            case "queue":
                return self._may_queue
            case _:
                return True

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
        if isinstance(parsed, EvaluationConfig) and (clash := self._fields.prompts.clash(form)) is not None:
            parsed = {"prompt_name": clash}
        if isinstance(parsed, EvaluationConfig):
            self.annotation, self.left = annotation_of(form), form
            self.dismiss(parsed)
        else:
            await self._fields.complain(parsed)

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
