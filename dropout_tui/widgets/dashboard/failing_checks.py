"""A bar chart of the checks that fail, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from dropout_core.state.evaluation_state import CheckTally, EvaluationState
from dropout_core.tasks.check_titles import check_titles
from dropout_core.verdict.causes import cause_beside_task
from dropout_tui.text.labels import BESIDE_TASK, title_of_failure

_CURSOR, _CHOSEN = "▌", "▸"
_MARK_CELLS = 2
_FIRST = "█"
_AS_WELL = "▒"
_BESIDE = "▚"
_NARROWEST_BAR = 6
_WIDEST_LABEL = 16


_LEGEND = f"{_FIRST} first to fail  {_AS_WELL} failed as well"
_LEGEND_WITH_CAUSES = f"{_FIRST} first to fail  {_AS_WELL} also  {_BESIDE} {BESIDE_TASK}"


@dataclass(frozen=True, slots=True)
class Bar:
    """One check (or cause of a failure without checks)."""

    check: str
    """Its id."""
    label: str
    first: int
    """The number of trials in which it was the first to fail."""
    failed: int
    """The number of trials in which it failed at all."""
    beside: bool = False
    """Whether it is a cause that is not about the task."""


class FailingChecks(Widget, can_focus=True):
    """A bar chart of failures: solid where the check was the first to fail, lighter where it failed as well.

    A bar can be chosen, to see its trials.
    """

    ALLOW_SELECT = False

    HELP = """\
# Failing checks

How often each check was the first to fail `█`, and how often it failed as well `▒`. Under them, causes *beside the
task* `▚`: a reply that was cut off, a refusal, no code. No check is to blame for these.
Choose a bar with the arrow keys and **enter** to see its runs; again, or **escape**, shows all.
"""

    BINDINGS = [
        Binding(
            "enter",
            "choose",
            "See its runs",
            id="checks.choose",
            tooltip="Show the runs that fail this check",
        ),
        Binding("up,k", "move(-1)", "Up", show=False, id="checks.up", tooltip="The bar above"),
        Binding("down,j", "move(1)", "Down", show=False, id="checks.down", tooltip="The bar below"),
        Binding("home", "move(-99)", "First", show=False, id="checks.first", tooltip="The first bar"),
        Binding("end,G", "move(99)", "Last", show=False, id="checks.last", tooltip="The last bar"),
    ]

    DEFAULT_CSS = """
    FailingChecks {
        height: auto;
        min-height: 3;
        padding: 0 1 0 0;
        border: round $foreground 30%;
        border-title-color: $foreground;
        border-subtitle-color: $foreground-muted;
        &:focus { border: round $accent; }
        &:nocolor:focus { border: heavy $accent; }
    }
    """

    BORDER_TITLE = "Failing checks"
    BORDER_SUBTITLE = _LEGEND

    @dataclass
    class Chosen(Message):
        """The user wants to see the trials of a bar."""

        check: str

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._graded = 0
        self._bars: tuple[Bar, ...] = ()
        self._counted: object = None
        self._cursor = 0
        self._chosen: str | None = None

    def show(self, state: EvaluationState) -> None:
        """Show the failures of the attempts that count."""
        counted = (state.checks, state.tally.graded, state.config)
        if counted == self._counted:
            return
        had = len(self._bars)
        self._counted = counted
        self._graded = state.tally.graded
        at_cursor = self._bars[self._cursor].check if self._bars else None
        self._bars = bars_of(state.checks, check_titles(state.config))
        self.border_subtitle = _LEGEND_WITH_CAUSES if any(bar.beside for bar in self._bars) else _LEGEND
        # The cursor stays on its check, wherever that is now.
        places = {bar.check: place for place, bar in enumerate(self._bars)}
        self._cursor = min(places.get(at_cursor or "", self._cursor), max(0, len(self._bars) - 1))
        self.refresh(layout=len(self._bars) != had)

    def choose(self, check: str | None) -> None:
        """Mark the bar of this check as chosen."""
        if check != self._chosen:
            self._chosen = check
            self.refresh()

    def action_move(self, bars: int) -> None:
        """Move the cursor by some bars."""
        self._cursor = max(0, min(self._cursor + bars, self._last_shown))
        self.refresh()

    def action_choose(self) -> None:
        """Ask for the trials of the bar at the cursor."""
        if self._cursor < len(self._bars):
            self.post_message(self.Chosen(self._bars[self._cursor].check))

    def on_click(self, event: events.Click) -> None:
        """Choose the bar that was clicked."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y <= self._last_shown and self._bars:
            self._cursor = offset.y
            self.refresh()
            self.action_choose()

    @property
    def _last_shown(self) -> int:
        fits = self.content_size.height
        shown = len(self._bars) if len(self._bars) <= fits else fits - 1
        return max(0, shown - 1)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """A line a bar."""
        return max(1, len(self._bars))

    def render(self) -> Content:
        """The chart, at the size there is."""
        if not self._bars:
            return Content.styled(
                "no check has failed" if self._graded else "no trial graded yet", "$foreground-muted"
            )
        drawn = chart(self._bars, self.content_size.width - _MARK_CELLS, self.content_size.height)
        return Content("\n").join(self._marked(index, line) for index, line in enumerate(drawn))

    def _marked(self, index: int, line: Content) -> Content:
        """A line of the chart, after the mark of the cursor or of the chosen bar."""
        bar = self._bars[index] if index <= self._last_shown else None
        chosen = bar is not None and bar.check == self._chosen
        at_cursor = self.has_focus and index == self._cursor
        glyph = _CURSOR if at_cursor else _CHOSEN if chosen else " "
        row = Content.assemble((glyph, "$text-accent"), " ", line)
        return row.stylize("bold") if chosen or at_cursor else row


def bars_of(checks: tuple[tuple[str, CheckTally], ...], titles: Mapping[str, str]) -> tuple[Bar, ...]:
    """The checks that have failed, those most often first to fail at the top; then causes that are no checks."""
    bars = [
        Bar(id_, title_of_failure(id_, titles), tally.first, tally.failed, cause_beside_task(id_) is not None)
        for id_, tally in checks
        if tally.failed
    ]
    return tuple(sorted(bars, key=lambda bar: (bar.beside, -bar.first, -bar.failed)))


def chart(bars: tuple[Bar, ...], width: int, height: int) -> list[Content]:
    """The bars in at most `height` lines of `width` cells; what does not fit is counted in the last line."""
    shown, hidden = bars, 0
    if 0 < height < len(bars):
        shown, hidden = bars[: height - 1], len(bars) - height + 1
    numbers = [_numbers(bar) for bar in shown]
    longest = max((cell_len(bar.label) for bar in shown), default=0)
    label_width = min(_WIDEST_LABEL, longest)
    bar_width = width - label_width - max(map(len, numbers), default=0) - 3
    if bar_width - (longest - label_width) < _NARROWEST_BAR:
        numbers = [_numbers(bar, in_short=True) for bar in shown]
        bar_width = width - label_width - max(map(len, numbers), default=0) - 3
    # A longer label takes the space that the bars can spare.
    more = min(longest - label_width, max(0, bar_width - _NARROWEST_BAR))
    label_width, bar_width = label_width + more, bar_width - more
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
    if bar.beside:
        return (_BESIDE * whole, "$text-warning"), ("", ""), " " * (width - whole)
    solid = min(whole, max(1, round(width * bar.first / most))) if bar.first and width else 0
    if bar.failed > bar.first and solid == whole and solid > 1:
        solid -= 1
    return (
        (_FIRST * solid, "$text-error"),
        (_AS_WELL * (whole - solid), "$text-error 60%"),
        " " * (width - whole),
    )


def _numbers(bar: Bar, *, in_short: bool = False) -> str:
    if bar.beside:
        return f"{bar.first}" if in_short else f"{bar.first} {BESIDE_TASK}"
    if in_short:
        return f"{bar.first}/{bar.failed}"
    if bar.first == bar.failed:
        return f"{bar.first} first"
    return f"{bar.first} first · {bar.failed} in all"
