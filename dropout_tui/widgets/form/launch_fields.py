"""The fields of a new evaluation: filled in from a `LaunchForm`, and read back as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Select

from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.api import APIS
from dropout_core.values.config import DEFAULT_MODEL, LOCAL_MODEL, MODES, SAMPLE_MODEL
from dropout_core.values.task_names import DROPOUT
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import chooses_api, usual_server
from dropout_tui.presenters.launch.prompt_choice import A_FILE, PromptChoice
from dropout_tui.widgets.form.fold import Fold
from dropout_tui.widgets.form.form_row import Field, FormRow, Menu, by_field
from dropout_tui.widgets.form.further_fields import FURTHER, NO, FurtherFields, filled_in, values_of

_YES = "yes, one run at a time"
_YES_DECIDED = "yes, stop once in, below or above the band"


class LaunchFields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields. The arrow keys move between them, and the focused one is scrolled into view."""

    _more = getters.query_one(Fold)

    def __init__(self, given: LaunchForm, *buttons: Widget, id: str) -> None:  # noqa: A002
        """Start with the values that are `given`; the `buttons` stand below the fields."""
        super().__init__(id=id)
        self.border_title = "Evaluation"
        self._given = given
        self._buttons = buttons
        self._suites = _suites_of(given)
        self._prompts = PromptChoice.of(given)
        self._chosen_prompt = self._prompts.word_of(given)
        self._further: FurtherFields | None = None
        self.rows: dict[str, FormRow] = {}
        """By the names of their fields; those under *More* once they have been unfolded."""

    def compose(self) -> ComposeResult:
        """A row a field, those that few fill in folded away, and the buttons."""
        self.rows = by_field(self._usual_rows())
        yield from tuple(self.rows.values())
        yield Fold("More", id="more", is_open=bool(filled_in(self._given)))
        if filled_in(self._given):
            yield self._further_fields()
        yield from self._buttons

    def _usual_rows(self) -> Iterator[FormRow]:
        given = self._given
        yield FormRow(
            "Model", Field("model", given.model, f"{DEFAULT_MODEL}, {SAMPLE_MODEL} or {LOCAL_MODEL}")
        )
        yield FormRow("API", Menu(*APIS, value=given.api, id="api"))
        yield FormRow("Base URL", Field("base_url", given.base_url, usual_server(given)))
        yield FormRow("Runs", Field("runs", given.runs))
        yield FormRow("Concurrency", Field("concurrency", given.concurrency))
        yield FormRow("Sequential", Menu(NO, _YES, value=_YES if given.sequential else NO, id="sequential"))
        yield FormRow("Mode", Menu(*MODES, value=given.mode, id="mode"))
        word = self._chosen_prompt
        yield FormRow("Prompt", Menu(*self._prompts.words, value=word, id="level"))
        path = given.prompt if word == A_FILE else ""
        yield FormRow("Prompt file", Field("prompt", path, "path of a text file"))
        yield FormRow("Prompt name", Field("prompt_name", given.prompt_name, "such as plain-2"))
        if given.task != DROPOUT:
            yield FormRow("Task", Menu(given.task, value=given.task, id="task"))
        # The name of a changed suite holds its changes.
        suite = (given.suite or self._suites[0]) + "".join(given.checks.replace(",", " ").split())
        yield FormRow("Suite", Menu(*self._suites, value=suite, id="suite"))
        yield FormRow("Band, %", Field("band", given.band))
        decided = _YES_DECIDED if given.until_decided else NO
        yield FormRow("Until decided", Menu(NO, _YES_DECIDED, value=decided, id="until_decided"))
        yield FormRow("Seed", Field("seed", given.seed, "a fresh one"))
        yield FormRow("Max steps", Field("max_steps", given.max_steps))
        yield FormRow("Max tokens", Field("max_tokens", given.max_tokens, "of one reply, or auto"))
        yield FormRow(
            "Total tokens", Field("max_total_tokens", given.max_total_tokens, "as many as it takes")
        )
        yield FormRow("Budget, $", Field("budget", given.budget, "none"))
        yield FormRow("Price, $/M", Field("price", given.price, "as listed; or 1,5"))

    def _further_fields(self) -> FurtherFields:
        self._further = FurtherFields(self._given)
        self.rows |= self._further.rows
        return self._further

    def be_entered(self, entered: bool) -> None:
        """Highlight the frame, or no longer; the fields in it look the same either way, and are not styled anew."""
        if entered != self.has_class("-entered"):
            self.set_class(entered, "-entered", update=False)
            self.app.stylesheet.update_nodes([self])
            self.refresh()

    @property
    def form(self) -> LaunchForm:
        """The form as it is filled in now."""
        entries = {name: row.control.entry for name, row in self.rows.items()}
        prompt = self._prompts.fields(entries["level"], entries["prompt"], entries["prompt_name"])
        further = values_of(self._given) if self._further is None else self._further.values
        return LaunchForm(
            model=entries["model"],
            base_url=entries["base_url"],
            api=entries["api"],
            runs=entries["runs"],
            concurrency=entries["concurrency"],
            sequential=entries["sequential"] == _YES,
            mode=entries["mode"],
            task=self._given.task,
            suite=entries["suite"],
            band=entries["band"],
            seed=entries["seed"],
            max_steps=entries["max_steps"],
            max_tokens=entries["max_tokens"],
            until_decided=entries["until_decided"] == _YES_DECIDED,
            budget=entries["budget"],
            max_total_tokens=entries["max_total_tokens"],
            price=entries["price"],
            timeout=self._given.timeout,
            tries=self._given.tries,
            nonce=self._given.nonce,
            **prompt | further,
        )

    def fit(self, form: LaunchForm) -> None:
        """Show which fields mean something beside what `form` says in the others."""
        self.rows["api"].display = chooses_api(form)
        self.rows["prompt"].display = self._chosen_prompt == A_FILE
        self.rows["prompt_name"].display = bool(form.prompt_text or form.prompt_name)
        self.rows["concurrency"].set_class(form.sequential, "-unused")
        self.rows["max_steps"].set_class(form.mode == MODES[0], "-unused")
        count = filled_in(form)
        self._more.say(f"{count} filled in" if count else "name, tags, thinking, …")

    @property
    def prompts(self) -> PromptChoice:
        """The prompts that are offered."""
        return self._prompts

    @property
    def variant(self) -> PromptVariant | None:
        """The variant that is chosen, if the prompt is one."""
        return self._prompts.variant(self._chosen_prompt)

    def offer(self, prompts: PromptChoice, word: str | None = None) -> None:
        """Offer these prompts, with `word` chosen; by default the one that is."""
        self._prompts = prompts
        self._chosen_prompt = word or self._chosen_prompt
        with self.prevent(Select.Changed):
            self.query_one("#level", Menu).offer(*prompts.words, value=self._chosen_prompt)

    @on(Select.Changed, "#level")
    def _prompt_chosen(self, event: Select.Changed) -> None:
        """Show the name of a variant; move to the field for the path when a file has been chosen."""
        if event.value == self._chosen_prompt:
            return
        self._chosen_prompt = str(event.value)
        self.query_one("#prompt_name", Field).value = "" if self.variant is None else self.variant.name
        if event.value == A_FILE and event.select.has_focus_within:
            self.rows["prompt"].display = True
            self.query_one("#prompt", Field).focus()

    @on(Fold.Toggled)
    async def _show_further(self) -> None:
        if self._further is not None:
            self._further.display = self._more.is_open
        elif self._more.is_open:
            await self.mount(self._further_fields(), after=self._more)

    async def complain(self, problems: Mapping[str, str]) -> None:
        """Show each field its problem, or none, and go to the first that has one, also where it is folded away."""
        if not self._more.is_open and problems.keys() & set(FURTHER):
            self._more.action_fold()
            await self._show_further()
        for field, row in self.rows.items():
            row.complain(problems.get(field, ""))
        name = next(iter(problems))
        first = self.rows["level" if name == "prompt_text" else name]
        first.complain(problems[name])
        # A row that was hidden has no position until it is laid out.
        self.call_after_refresh(self._point_at, first)

    def _point_at(self, row: FormRow) -> None:
        row.control.focus()
        row.scroll_visible(animate=False)

    def forget_problem(self, control: Widget) -> None:
        """Take back what was wrong with the field that is being changed."""
        for row in self.rows.values():
            if row.control is control:
                row.complain("")


def _suites_of(form: LaunchForm) -> tuple[str, ...]:
    """The suites of the form's task; only the one in the form, when the task cannot be loaded."""
    try:
        return choose_task(form.task).suite_names
    except TaskUnusable:
        return (form.suite,)
