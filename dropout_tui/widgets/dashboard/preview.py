"""The preview of the highlighted trial: its reply while it arrives, then its code and why it passed or failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.widgets import Static

from dropout_core.state.trial_state import AttemptState, Phase, Status, TrialState
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_tui.text.labels import line_of_flag, mark_of_outcome, mark_of_trial
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.dashboard.arriving_text import ArrivingText
from dropout_tui.widgets.trial.code_view import CodeLines
from dropout_tui.widgets.trials.trial_row import Part, reason_of_verdict

CODE_SHOWN = 8_000
"""The most characters of code shown; the run's own screen shows all of it."""

MOST_FLAGS = 3
"""Shown here; the run's own screen lists all."""

_KEYS_BESIDE_A_TABLE = ("code.down", "code.up", "code.bottom")
_NO_CODE = "The conversation shows what it answered instead."
_LEFT_OUT = "It says nothing about the model and is left out of the pass rate."


@dataclass(frozen=True, slots=True)
class PreviewContent:
    """The content of the preview: a headline, and under it either prose or code."""

    title: str
    headline: Content
    prose: str = ""
    code: str = ""
    follow: bool = False
    """Whether the prose grows at its end."""


NOTHING = PreviewContent("Preview", Content(""), prose="No run is highlighted.")


class PreviewLines(CodeLines, inherit_bindings=False):
    """Code beside the table of runs. The table's keys work here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(key for key in CodeLines.BINDINGS if isinstance(key, Binding) and key.id in _KEYS_BESIDE_A_TABLE),
        *ScrollableContainer.BINDINGS,
    ]


class Preview(Vertical):
    """A preview of one trial, cheap enough to be updated at every repaint."""

    DEFAULT_CSS = """
    Preview {
        height: 1fr;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground;
        & > #headline { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }
        & > CodeLines { scrollbar-size: 0 1; }
        &:focus-within { border: round $accent; }
        &:nocolor:focus-within { border: heavy $accent; }
    }
    """

    BORDER_TITLE = "Preview"

    _headline = getters.query_one("#headline", Static)
    _prose = getters.query_one(ArrivingText)
    _code = getters.query_one(PreviewLines)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._trial: TrialState | None = None
        self._arriving = ""
        self._glance: PreviewContent | None = None

    def compose(self) -> ComposeResult:
        """A headline over prose or code."""
        yield Static(id="headline", markup=False)
        yield ArrivingText()
        yield PreviewLines()

    def on_mount(self) -> None:
        """Begin with nothing to show."""
        self._present(NOTHING, afresh=True)

    def show(self, trial: TrialState, arriving: str) -> None:
        """Show `trial`; `arriving` is the part of its reply that is here so far."""
        if trial is self._trial and arriving == self._arriving:
            return
        before, self._trial, self._arriving = self._trial, trial, arriving
        self._present(preview_of(trial, arriving), afresh=before is None or before.number != trial.number)

    def show_none(self) -> None:
        """Show that no trial is highlighted."""
        if self._trial is not None:
            self._trial = None
            self._present(NOTHING, afresh=True)

    def _present(self, glance: PreviewContent, *, afresh: bool) -> None:
        before, self._glance = self._glance, glance
        if before is None or before.title != glance.title:
            self.border_title = glance.title
        if before is None or before.headline != glance.headline:
            self._headline.update(glance.headline)
            self._headline.display = bool(glance.headline)
        if before is None or bool(before.code) != bool(glance.code):
            self._code.display, self._prose.display = bool(glance.code), not glance.code
        if afresh or before is None or before.code != glance.code:
            self._code.show(glance.code)
        begins = afresh or before is None or before.follow != glance.follow
        if begins or before is None or before.prose != glance.prose:
            self._prose.show(glance.prose, follow=glance.follow, afresh=begins)


def preview_of(trial: TrialState, arriving: str) -> PreviewContent:
    """The preview of `trial`."""
    mark = mark_of_trial(trial)
    latest = trial.latest
    attempts = f" · attempt {latest.number}" if latest is not None and latest.number > 1 else ""
    title = f"Run {trial.number} · {mark}{attempts}"
    if latest is None:
        return PreviewContent(title, Content(""), prose=_waiting(trial))
    if latest.verdict is not None and trial.status.settled:
        return _ended(title, latest, latest.verdict)
    if trial.status in (Status.QUEUED, Status.PAUSED):
        return _under_way(title, _waiting(trial), arriving, latest.code or "")
    if arriving:
        return PreviewContent(title, Content(""), prose=arriving, follow=True)
    return _under_way(title, _doing(latest), "", latest.code or "")


def _under_way(title: str, doing: str, arriving: str, code: str) -> PreviewContent:
    """A trial in flight: what it is doing, above what has arrived; if nothing has, in as many lines as it takes."""
    if not (arriving or code):
        return PreviewContent(title, Content(""), prose=doing)
    headline = Content.styled(doing, "$foreground-muted")
    return PreviewContent(title, headline, prose=arriving, code=_beginning_of(code))


def _ended(title: str, attempt: AttemptState, verdict: Verdict) -> PreviewContent:
    mark = mark_of_outcome(verdict.outcome)
    reason = f"{mark.glyph} {visible_line(verdict.reason)}"
    if not attempt.code:
        why = _LEFT_OUT if verdict.outcome is Outcome.VOID else _NO_CODE
        return PreviewContent(title, Content(""), prose=f"{reason}\n\n{why}")
    lines = [Content.styled(reason, f"bold {mark.colour}")]
    if verdict.outcome is Outcome.VOID:
        lines.append(Content.styled(_LEFT_OUT, "$foreground-muted"))
    elif verdict.first_failing is not None:
        lines.append(_assembled(reason_of_verdict(verdict)))
    lines += [Content.styled(line_of_flag(flag), "$text-warning") for flag in verdict.flags[:MOST_FLAGS]]
    return PreviewContent(title, Content("\n").join(lines), code=_beginning_of(attempt.code))


def _waiting(trial: TrialState) -> str:
    if trial.status is Status.PAUSED:
        return "Paused: it holds no slot until it is resumed."
    return "Waits for a free slot to be run again." if trial.attempts else "Waits for a free slot."


def _doing(attempt: AttemptState) -> str:
    match attempt.phase:
        case Phase.TOOL:
            return f"Step {attempt.step}: a tool runs."
        case Phase.GRADING:
            return "The code is being graded."
        case Phase.THINKING:
            return "The model thinks, of which nothing is shown."
        case Phase.REPLYING:
            return "The reply is complete."
        case Phase.BATCHED:
            return f"Waits for batch {attempt.batch} to be answered."
        case Phase.STARTING:
            return "About to ask the model."
        case Phase.WAITING if attempt.wait is not None:
            return f"Waits to be sent{' again' if attempt.wait.failures else ''}: {visible_line(attempt.wait.reason)}."
        case _:
            return "Asked; nothing has arrived yet."


def _assembled(parts: list[Part]) -> Content:
    colours = {"failed": "$text-error", "muted": "$foreground-muted"}
    return Content.assemble(*((text, colours.get(kind, "")) for text, kind in parts))


def _beginning_of(code: str) -> str:
    return code if len(code) <= CODE_SHOWN else f"{code[:CODE_SHOWN]}\n# … the rest is left out here"
