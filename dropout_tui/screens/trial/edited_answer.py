"""The verdict on an answer that the user edited. The stored run stays as it is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from dropout_core.verdict.verdict import Check, CheckStatus, Verdict
from dropout_tui.text.labels import mark_of_check, mark_of_outcome
from dropout_tui.text.sanitize import visible_line

EDIT = "edit"
SAVE = "save"


class EditedAnswerScreen(ModalScreen[str | None]):
    """Shows a verdict; returns what to do next: `EDIT`, `SAVE`, or nothing."""

    TITLE = "Your edited answer"
    HELP = (
        "# Your edited answer\n\nGraded with the suite and the seed of the stored one, which stays as it was."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "leave(None)", "Back", id="edited.leave", tooltip="Back to the run"),
        Binding("e", "leave('edit')", "Edit", id="edited.edit", tooltip="Go on editing"),
        Binding("w", "leave('save')", "Save", id="edited.save", tooltip="Save the edited code to a file"),
        Binding("j,down", "scroll(1)", "Down", id="edited.down", tooltip="Scroll down", show=False),
        Binding("k,up", "scroll(-1)", "Up", id="edited.up", tooltip="Scroll up", show=False),
        Binding("g", "scroll_to_end(-1)", "Top", id="edited.top", tooltip="To the top", show=False),
        Binding("G", "scroll_to_end(1)", "End", id="edited.end", tooltip="To the end", show=False),
    ]

    DEFAULT_CSS = """
    EditedAnswerScreen {
        align: center middle;
        & > VerticalScroll {
            width: 84;
            max-width: 100%;
            height: auto;
            max-height: 100%;
            padding: 1 2;
            border: round $accent;
            border-title-style: bold;
            background: $surface;
            scrollbar-size-vertical: 1;
        }
        & Static { width: 1fr; }
        & .edited--checks { padding: 1 0; }
    }
    """

    def __init__(self, verdict: Verdict, of: str) -> None:
        """`of` names the run that was edited: ``"run 3, attempt 1"``."""
        super().__init__()
        self._verdict = verdict
        self._of = of

    def compose(self) -> ComposeResult:
        """The headline, the checks, and a note that the stored run is unchanged."""
        verdict = self._verdict
        mark = mark_of_outcome(verdict.outcome)
        with VerticalScroll() as box:
            box.border_title = Content(visible_line(f"Your edited answer of {self._of}"))
            box.border_subtitle = "e edit · w save · esc back"
            headline = "" if verdict.passed else f": {visible_line(verdict.reason)}"
            yield Static(
                Content.assemble(("Your edited answer: ", "bold"), (f"{mark}{headline}", mark.colour))
            )
            if verdict.checks:
                lines = Content("\n").join(_line(check) for check in verdict.checks)
                yield Static(lines, classes="edited--checks")
            yield Static(
                Content.styled(
                    f"Graded with suite {visible_line(verdict.suite)} and seed {verdict.seed}."
                    " The stored run is as it was.",
                    "$foreground-muted",
                )
            )

    def action_leave(self, then: str | None) -> None:
        """Close, and return what to do next."""
        self.dismiss(then)

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_scroll_to_end(self, direction: int) -> None:
        """Scroll to the top or the end."""
        box = self.query_one(VerticalScroll)
        (box.scroll_home if direction < 0 else box.scroll_end)(animate=False)


def _line(check: Check) -> Content:
    mark = mark_of_check(check.status)
    text = f"{mark.glyph} {visible_line(check.title)}"
    if check.status is not CheckStatus.PASSED:
        text += f": {visible_line(check.message)}"
    return Content.styled(text, mark.colour)
