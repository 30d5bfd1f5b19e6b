"""The outcomes so far as one line of glyphs, in the order of the trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from textual.content import Content
from textual.widget import Widget

from dropout_core.state.evaluation_state import EvaluationState, Tally
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.labels import Mark, mark_of_outcome

_MORE = "‹"


class OutcomeStrip(Widget):
    """``✗✗✓✗⊘✓``: the newest at the right; when they do not fit, the oldest are left out."""

    DEFAULT_CSS = """
    OutcomeStrip {
        height: 1;
        padding: 0 1;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._trials: Sequence[TrialState] = ()
        self._tally: Tally | None = None

    def show(self, state: EvaluationState) -> None:
        """Show the outcomes of `state`."""
        ended_before = self._tally.ended if self._tally is not None else -1
        self._trials, self._tally = state.trials, state.tally
        if state.tally.ended != ended_before:
            self.refresh()

    def render(self) -> Content:
        """As many glyphs as fit."""
        return strip(self._trials, self.size.width)


def strip(trials: Sequence[TrialState], width: int) -> Content:
    """The outcomes of `trials` in at most `width` cells."""
    newest = list(islice(_marks_from_newest(trials), width + 1))
    if len(newest) > width:
        newest = newest[: max(0, width - 1)]
        return Content.assemble((_MORE, "$foreground-muted"), *_glyphs(newest))
    return Content.assemble(*_glyphs(newest))


def _glyphs(newest: Sequence[Mark]) -> Iterator[tuple[str, str]]:
    return ((mark.glyph, mark.colour) for mark in reversed(newest))


def _marks_from_newest(trials: Sequence[TrialState]) -> Iterator[Mark]:
    for trial in reversed(trials):
        if not trial.attempts:
            continue
        counted = trial.counted
        if counted is not None and counted.verdict is not None:
            yield mark_of_outcome(counted.verdict.outcome)
        elif trial.status is Status.VOID:
            yield mark_of_outcome(Outcome.VOID)
