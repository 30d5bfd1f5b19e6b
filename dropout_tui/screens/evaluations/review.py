"""The author's checklist of one evaluation: what is met, not met or not shown, and what stands behind each line."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.widgets import OptionList, Static

from dropout_core.analysis.review.repeating import command_of
from dropout_core.analysis.review.review import Met, Reviewed, ReviewLine, review
from dropout_core.analysis.review.sources import reviewed
from dropout_core.analysis.review.stored_evidence import NO_EVIDENCE, stored_evidence
from dropout_core.reports.review_markdown import GLYPHS, review_markdown
from dropout_core.storage.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.values.annotation import UNANNOTATED
from dropout_core.version import __version__
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.trials.trial_filter import OneOf
from dropout_tui.screens.live_screen import LiveScreen
from dropout_tui.screens.save_file import SaveScreen
from dropout_tui.settings.store_option import store_option
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.evaluations.review_list import COLOURS, ReviewList
from dropout_tui.widgets.heading import Heading
from dropout_tui.widgets.key_line import KeyLine
from dropout_tui.widgets.too_small import FLAT, SLIVER, TooSmall

LEAST = (36, 8)
"""Columns and lines."""
READING = "Reading…"
_MOST_NAMED = 12


class ReviewScreen(LiveScreen[OneOf | None]):
    """One row a line of the checklist. Gives the runs to be looked at, if they are chosen."""

    TITLE = "Review"
    HELP = """\
# Review

What makes a task good, and what the stored runs show of it: `✓` met, `✗` not met, `?` not shown. The evidence of the
line under the cursor stands below.

**enter** shows the runs behind it, **y** copies the command that shows more of it, or else the one that asks for the
evaluation again, and **w** saves the whole checklist as Markdown, for a pull request.
"""
    AUTO_FOCUS = "ReviewList"
    LOOKS_PER_SECOND = 1
    BINDINGS = [
        Binding("escape,backspace", "back", "Back", id="review.back", tooltip="Back to where this was opened from"),
        Binding("y", "app.copy_review_command", "Copy command", id="review.copy",
                tooltip="Copy the command that shows more of this, or that asks for the evaluation again"),
        Binding("w", "save", "Save", id="review.save", tooltip="Save the checklist as Markdown"),
        Binding("question_mark", "app.toggle_help", "Help", id="app.help", key_display="?", tooltip="What the keys do"),
        Binding("q", "app.leave", "Quit", id="app.quit", tooltip="Leave; asks first when runs are in flight"),
    ]  # fmt: skip

    HORIZONTAL_BREAKPOINTS = [(0, SLIVER), (LEAST[0], "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, FLAT), (LEAST[1], "-low"), (18, "-high")]
    DEFAULT_CSS = """
    ReviewScreen {
        & ReviewList { height: auto; max-height: 60%; border: none; padding: 0; }
        & #evidence { height: 1fr; border-top: solid $foreground 30%; padding: 0 1; scrollbar-size-vertical: 1; }
        & #evidence Static { height: auto; }
    }
    """

    heading = query_one(Heading)
    lines = query_one(ReviewList)
    evidence = query_one("#evidence Static", Static)

    def __init__(self, live: LiveEvaluation, store: Store | None = None) -> None:
        """Review `live`, and again whenever it has changed. `store` holds its name, its note and its tags."""
        super().__init__()
        self._live = live
        self._store = store
        self._annotation = UNANNOTATED
        self._version: int | None = None
        self._reviewed: Reviewed | None = None
        self._shown: tuple[ReviewLine, ...] = ()
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """The lines, and below them the evidence of one."""
        yield Heading("Review")
        yield ReviewList()
        with VerticalScroll(id="evidence", can_focus=False):
            yield Static(READING, markup=False)
        yield KeyLine()
        yield TooSmall(*LEAST, "esc goes back.")

    def on_mount(self) -> None:
        """Review, and follow what still goes on."""
        self.look()

    def look(self) -> None:
        """Review again, if anything changed."""
        if not self._is_busy and self._version != self._live.version:
            self._is_busy, self._version = True, self._live.version
            self._read()

    @work(group="reviewing", exit_on_error=False)
    async def _read(self) -> None:
        try:
            self._shown = await asyncio.to_thread(self._lines)
        finally:
            self._is_busy = False
        counts = Counter(line.met for line in self._shown)
        counted = ", ".join(f"{counts[met]} {met}" for met in Met)
        self.heading.show(f"#{self._live.number}  {self._live.state.config.asked} · {counted}")
        self.lines.show(self._shown)
        self._show_evidence()

    def _lines(self) -> tuple[ReviewLine, ...]:
        """The task is loaded once: all looks are by what it was when this was opened."""
        state, evidence = self._live.state, NO_EVIDENCE
        if self._store is not None:
            with suppress(StoreUnusable, UnknownEvaluation):
                self._annotation = self._store.annotation(self._live.number)
            option = store_option(self._store.path)
            evidence = stored_evidence(self._store, self._live.number, state.config, option)
        known = self._reviewed
        if known is None:
            self._reviewed = reviewed(state, evidence)
        else:
            self._reviewed = replace(known, state=state, stored=evidence)
        return review(self._reviewed)

    @property
    def _line(self) -> ReviewLine | None:
        at = self.lines.highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    @property
    def command(self) -> str:
        """The command to copy."""
        line = self._line
        return line.command if line is not None and line.command else command_of(self._live.state.config)

    @on(OptionList.OptionHighlighted)
    def _show_evidence(self) -> None:
        line = self._line
        if line is not None:
            self.evidence.update(evidence_of(line))

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        """Give the runs behind the line."""
        line = self._line
        if line is not None and line.runs:
            self.dismiss(OneOf(frozenset(line.runs), line.title))
        elif line is not None:
            self.notify("No run stands behind this line.", timeout=3, markup=False)

    def action_save(self) -> None:
        """Save the checklist as Markdown."""
        if not self._shown:
            return
        number, program = self._live.number, f"dropout-tui {__version__}"
        state = self._live.state if self._reviewed is None else self._reviewed.state
        text = "".join(review_markdown(number, state, self._shown, program, self._annotation))
        name = f"review-{number}.md"
        if self.app.is_web:
            # The files of this machine are not the reader's.
            self.app.deliver_text(StringIO(text), save_filename=name)
            return

        def saved(path: Path | None) -> None:
            if path is not None:
                self.notify(f"Saved {path}.", markup=False)

        self.app.push_screen(SaveScreen(text, f"review of evaluation {number}", name), saved)

    def action_back(self) -> None:
        """Back to where this was opened from."""
        self.dismiss(None)


def evidence_of(line: ReviewLine) -> Content:
    """What a line is read off, the runs behind it, and the command that shows more."""
    parts = [
        Content.assemble(
            (f"{GLYPHS[line.met]} {line.met}: ", f"bold {COLOURS[line.met]}"), visible_line(line.evidence)
        )
    ]
    if line.runs:
        parts.append(Content(f"enter shows {_named(line.runs)}"))
    if line.command:
        parts.append(Content(f"y copies: {visible_line(line.command)}"))
    return Content("\n").join(parts)


def _named(runs: Sequence[int]) -> str:
    more = " …" if len(runs) > _MOST_NAMED else ""
    return f"{pluralize(len(runs), 'run')}: {', '.join(map(str, runs[:_MOST_NAMED]))}{more}"
