"""What a cell of a sweep says in the matrix: in one line where columns are wide, otherwise in three."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from dropout_core.analysis.sweep_cells import SweepCell, main_cause
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Status
from dropout_core.statistics.pass_rate import Decision
from dropout_core.values.words.percent import percent
from dropout_tui.presenters.sweep.live_sweep import in_flight, trouble_of
from dropout_tui.text.labels import Mark, mark_of_decision, mark_of_status
from dropout_tui.text.numbers import percent_range
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.sweep_matrix import FITS
from dropout_tui.text.truncate import cut_in_the_middle

Part = tuple[str, str]
"""A piece of text, and the kind of its colour; empty for none."""

CANNOT_RUN = Mark("✗", "cannot run", "stopped", "$text-error")
STOPPED = Mark("!", "stopped", "stopped", "$text-error")
NOT_OPEN = Mark("·", "not begun", "muted", "$foreground-muted")

_MARGIN = 2
"""The mark of a cell that fits, and a blank."""
_GAP = "  "
_LEAST_CAUSE = 7
"""Cells of a terminal that the name of a cause gets at the least."""
_FLAT_CAUSE = 10
"""The same, where a cell has one line."""
_WIDEST_CAUSE = 28


@dataclass(frozen=True, slots=True)
class CellFigures:
    """The figures of a cell, as they are shown."""

    mark: Mark
    fits: bool = False
    """Whether it is known to be in the band."""
    rate: str = ""
    interval: str = ""
    passed_of: str = ""
    """Passed and graded runs: ``30/120``."""
    void: int = 0
    in_flight: int = 0
    cause: str = ""
    """What most runs failed for."""
    cause_count: int = 0

    @property
    def share(self) -> str:
        """The rate with its interval: ``25 % (18–33)``."""
        return f"{self.rate} % ({self.interval})" if self.rate else "–"

    @property
    def void_words(self) -> str:
        """The void runs: ``⊘3``; empty where there are none."""
        return f"{mark_of_status(Status.VOID).glyph}{self.void:,}" if self.void else ""

    @property
    def in_flight_words(self) -> str:
        """The runs in flight: ``●4``; empty where there are none."""
        return f"{mark_of_status(Status.RUNNING).glyph}{self.in_flight:,}" if self.in_flight else ""


def figures_of(cell: SweepCell) -> CellFigures:
    """The figures of a cell."""
    state = cell.state
    if state is None:
        return CellFigures(NOT_OPEN if cell.cannot_run is None else CANNOT_RUN)
    decision, rate, cause = cell.decision, state.pass_rate, main_cause(state)
    return CellFigures(
        mark=_mark(state, decision),
        fits=decision is Decision.IN,
        rate="" if rate is None else percent(rate),
        interval="" if rate is None else percent_range(state.interval),
        passed_of=f"{state.tally.passed:,}/{state.tally.graded:,}",
        void=state.tally.void,
        in_flight=in_flight(state),
        cause="" if cause is None else visible_line(cause[0]),
        cause_count=0 if cause is None else cause[1],
    )


def _mark(state: EvaluationState, decision: Decision) -> Mark:
    if decision is Decision.UNDECIDED and trouble_of(state) is not None:
        return STOPPED
    return mark_of_decision(decision)


@dataclass(frozen=True, slots=True)
class CellWidths:
    """The widths that the figures of all cells together take."""

    mark: int
    share: int
    passed_of: int
    void_words: int
    in_flight_words: int
    count: int

    @property
    def least(self) -> int:
        """Of a cell of three lines: no number is ever cut."""
        voids, in_flight_words = _with_gap(self.void_words), _with_gap(self.in_flight_words)
        return _MARGIN + max(
            self.share + voids,
            self.mark + 1 + self.passed_of,
            _LEAST_CAUSE + 1 + self.count + in_flight_words,
        )

    @property
    def one_line(self) -> int:
        """Of a cell of one line."""
        columns = (self.mark, self.share, self.passed_of, self.in_flight_words, self.void_words)
        return _MARGIN + sum(_with_gap(width, 2) for width in columns) + _FLAT_CAUSE + 1 + self.count


def _with_gap(width: int, gap: int = 1) -> int:
    return width + gap if width else 0


NARROWEST = CellWidths(mark=12, share=14, passed_of=6, void_words=0, in_flight_words=3, count=2)
"""Of cells without figures: what most sweeps come to, so that columns seldom move."""


def widths_of(figures: Iterable[CellFigures], least: CellWidths = NARROWEST) -> CellWidths:
    """The widths of cells with these figures; none is smaller than that in `least`."""
    each = list(figures)

    def widest(texts: Iterable[str], least: int) -> int:
        return max(least, max(map(cell_len, texts), default=0))

    return CellWidths(
        mark=widest((str(one.mark) for one in each), least.mark),
        share=widest((one.share for one in each), least.share),
        passed_of=widest((one.passed_of for one in each), least.passed_of),
        void_words=widest((one.void_words for one in each), least.void_words),
        in_flight_words=widest((one.in_flight_words for one in each), least.in_flight_words),
        count=widest((f"{one.cause_count:,}" for one in each), least.count),
    )


def three_lines(figures: CellFigures, width: int) -> tuple[tuple[Part, ...], ...]:
    """A cell in three lines of `width` cells; the name of the cause is cut where there is no room for it."""
    fits = (f"{FITS} " if figures.fits else "  ", "fits")
    rate = [fits, (figures.share, "rate")]
    decision = [("  ", ""), (str(figures.mark), figures.mark.kind)]
    if figures.passed_of:
        decision.append((f" {figures.passed_of}", ""))
    room = width - _MARGIN - _with_gap(len(figures.in_flight_words))
    return (
        _spread(rate, (figures.void_words, "void"), width),
        _spread(decision, ("", ""), width),
        _spread([("  ", ""), (_cause(figures, room), "muted")], (figures.in_flight_words, "running"), width),
    )


def one_line(figures: CellFigures, widths: CellWidths, width: int) -> tuple[Part, ...]:
    """A cell in one line of `width` cells, with the figures of all cells below each other."""
    parts: list[Part] = [(f"{FITS} " if figures.fits else "  ", "fits")]
    for text, kind, size, to_right in (
        (str(figures.mark), figures.mark.kind, widths.mark, False),
        (figures.share, "rate", widths.share, True),
        (figures.passed_of, "", widths.passed_of, True),
        (figures.in_flight_words, "running", widths.in_flight_words, False),
        (figures.void_words, "void", widths.void_words, False),
    ):
        if size:
            blanks = " " * (size - cell_len(text))
            parts.append(((blanks + text if to_right else text + blanks) + _GAP, kind))
    room = width - sum(cell_len(text) for text, _ in parts)
    parts.append((set_cell_size(_cause(figures, room), max(0, room)), "muted"))
    return tuple(parts)


def _cause(figures: CellFigures, room: int) -> str:
    if not figures.cause:
        return ""
    count = f" {figures.cause_count:,}"
    name = cut_in_the_middle(figures.cause, min(_WIDEST_CAUSE, max(1, room - len(count))))
    return f"{name}{count}"


def _spread(left: list[Part], right: Part, width: int) -> tuple[Part, ...]:
    """`left`, and `right` at the other end of `width` cells."""
    used = sum(cell_len(text) for text, _ in left) + cell_len(right[0])
    return (*left, (" " * max(0, width - used), ""), right)
