"""The line that says why the verdict on screen can be trusted."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from dropout_core.task.definition import Task
from dropout_core.verdict.verdict import Verdict
from dropout_tui.text.words.trust import GradedAgain, trust_words

_PADDING = 2


class TrustLine(Static):
    """Isolation, rules, error budget, flags and gradings with other seeds; hidden where there is no verdict."""

    DEFAULT_CSS = """
    TrustLine { height: 1; padding: 0 1; color: $foreground-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._shown: tuple[Verdict | None, Task | None, GradedAgain | None] = (None, None, None)
        self.display = False

    def show(self, verdict: Verdict | None, task: Task | None, again: GradedAgain | None) -> None:
        """Say it of a verdict; `task` is that of today."""
        shown = (verdict, task, again)
        if any(one is not other for one, other in zip(shown, self._shown, strict=True)):
            self._shown = shown
            self.display = verdict is not None
            self.draw()

    def draw(self) -> None:
        """Say as much as the screen is wide."""
        verdict, task, again = self._shown
        if verdict is not None:
            self.update(Content(trust_words(verdict, task, again, self.app.size.width - _PADDING)))
