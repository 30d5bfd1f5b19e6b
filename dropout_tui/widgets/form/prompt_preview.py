"""The prompt that a model would be sent, and the requirements that it does not mention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from dropout_core.task.prompt import unstated
from dropout_core.task.prompt_variants import diff_of_prompts, no_longer_stated
from dropout_core.task.requirement import Requirement
from dropout_tui.text.prompt_diff import coloured_diff
from dropout_tui.text.sanitize import visible, visible_line

MAX_SHOWN = 20_000
"""The most characters of a prompt shown; the whole of it is sent."""


class PromptPreview(VerticalScroll):
    """A prompt to read, before it is sent."""

    BORDER_TITLE = "Prompt"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="preview.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="preview.up", tooltip="One line up"),
    ]

    DEFAULT_CSS = """
    PromptPreview {
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & > Static { width: 1fr; height: auto; }
        & > #unstated { color: $text-warning; margin-bottom: 1; }
    }
    """

    _text = getters.query_one("#prompt-text", Static)
    _unstated = getters.query_one("#unstated", Static)

    def compose(self) -> ComposeResult:
        """The missing requirements come first, so that a long prompt cannot push them out of sight."""
        yield Static(id="unstated", markup=False)
        yield Static(id="prompt-text", markup=False)

    def on_mount(self) -> None:
        """Start without missing requirements."""
        self._unstated.display = False

    def show(
        self, text: str, requirements: Sequence[Requirement], *, before: str = "", diff: bool = False
    ) -> None:
        """Show a prompt, and the requirements that are checked though it does not state them. `before` is the text that
        it was made from, if it was; `diff` shows what was changed in that."""
        lines = list(gaps(text, requirements, before=before))
        self._unstated.display = bool(lines)
        self._unstated.update(Content("\n".join(lines)))
        if diff and before:
            self._text.update(_changes(before, text))
            return
        hidden = len(text) - MAX_SHOWN
        more = Content.styled(f"\n… {hidden:,} more characters", "dim") if hidden > 0 else Content()
        self._text.update(Content.assemble(visible(text[:MAX_SHOWN]), more))

    def explain(self, problem: str) -> None:
        """Say why there is no prompt to show."""
        self._unstated.display = False
        self._text.update(Content.styled(visible(problem), "dim"))


def gaps(text: str, requirements: Sequence[Requirement], *, before: str = "") -> Iterator[str]:
    """What is checked although the prompt does not state it, in words: first what was lost since `before`."""
    lost = no_longer_stated(before, text, requirements) if before else ()
    if lost:
        yield f"Checked, but no longer stated: {_titles(lost)}"
    if never := [one for one in unstated(text, requirements) if one not in lost]:
        yield f"Checked, but not mentioned here: {_titles(never)}"


def _titles(requirements: Sequence[Requirement]) -> str:
    return ", ".join(visible_line(one.title) for one in requirements)


def _changes(before: str, text: str) -> Content:
    lines = diff_of_prompts(before, text, "before", "now")
    if not lines:
        return Content.styled("Nothing is changed, letter by letter.", "dim")
    return coloured_diff(lines[2:])
