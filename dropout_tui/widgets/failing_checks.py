"""Which checks fail, and how often: a bar each."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from dropout_core.state import CheckTally, EvaluationState
from dropout_tui.words import title_of_failure

_FIRST = "█"
_AS_WELL = "▒"
_NARROWEST_BAR = 6
_WIDEST_LABEL = 16


@dataclass(frozen=True, slots=True)
class Bar:
    """One check (or cause of a failure without checks)."""

    label: str
    first: int
    """Trials in which it was the first to fail."""
    failed: int
    """Trials in which it failed at all."""


class FailingChecks(Widget):
    """A bar chart of failures: solid where the check was the first to fail, lighter where it failed as well."""

    DEFAULT_CSS = """
    FailingChecks {
        height: auto;
        min-height: 3;
        padding: 0 1;
        border: round $foreground 30%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground-muted;
    }
    """

    BORDER_TITLE = "Failing checks"
    BORDER_SUBTITLE = f"{_FIRST} first to fail  {_AS_WELL} failed as well"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._graded = 0
        self._bars: tuple[Bar, ...] = ()
        self._counted: object = None

    def show(self, state: EvaluationState) -> None:
        """Show the failures of the attempts that count."""
        counted = (state.checks, state.tally.graded, state.config.suite)
        if counted == self._counted:
            return
        had = len(self._bars)
        self._counted = counted
        self._graded = state.tally.graded
        self._bars = bars_of(state.checks, state.config.suite)
        self.refresh(layout=len(self._bars) != had)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A line a bar."""
        return max(1, len(self._bars))

    def render(self) -> Content:
        """The chart, at the size there is."""
        if not self._bars:
            return Content.styled(
                "no check has failed" if self._graded else "no trial graded yet", "$foreground-muted"
            )
        return Content("\n").join(chart(self._bars, self.size.width, self.size.height))


def bars_of(checks: tuple[tuple[str, CheckTally], ...], suite: str) -> tuple[Bar, ...]:
    """The checks that have failed, those that are most often the first to fail at the top."""
    bars = [
        Bar(title_of_failure(id_, suite), tally.first, tally.failed) for id_, tally in checks if tally.failed
    ]
    return tuple(sorted(bars, key=lambda bar: (-bar.first, -bar.failed)))


def chart(bars: tuple[Bar, ...], width: int, height: int) -> list[Content]:
    """The bars in at most `height` lines of `width` cells; what does not fit is counted in the last line."""
    shown, hidden = bars, 0
    if 0 < height < len(bars):
        shown, hidden = bars[: height - 1], len(bars) - height + 1
    numbers = [_numbers(bar) for bar in shown]
    label_width = min(_WIDEST_LABEL, max((cell_len(bar.label) for bar in shown), default=0))
    bar_width = width - label_width - max(map(len, numbers), default=0) - 3
    if bar_width < _NARROWEST_BAR:
        numbers = [f"{bar.first}/{bar.failed}" for bar in shown]
        bar_width = width - label_width - max(map(len, numbers), default=0) - 3
    most = max((bar.failed for bar in bars), default=1)
    lines = [
        Content.assemble(
            set_cell_size(bar.label, label_width),
            " ",
            *_drawn(bar, most, max(0, bar_width)),
            f" {number}",
        ).truncate(max(0, width), ellipsis=True)
        for bar, number in zip(shown, numbers, strict=True)
    ]
    if hidden:
        lines.append(
            Content.styled(f"+{hidden} more", "$foreground-muted").truncate(max(0, width), ellipsis=True)
        )
    return lines


def _drawn(bar: Bar, most: int, width: int) -> tuple[tuple[str, str], tuple[str, str], str]:
    whole = max(1, round(width * bar.failed / most)) if width else 0
    solid = min(whole, max(1, round(width * bar.first / most))) if bar.first and width else 0
    if bar.failed > bar.first and solid == whole and solid > 1:
        solid -= 1
    return (
        (_FIRST * solid, "$text-error"),
        (_AS_WELL * (whole - solid), "$text-error 60%"),
        " " * (width - whole),
    )


def _numbers(bar: Bar) -> str:
    if bar.first == bar.failed:
        return f"{bar.first} first"
    return f"{bar.first} first · {bar.failed} in all"
