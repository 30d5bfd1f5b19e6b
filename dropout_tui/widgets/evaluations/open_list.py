"""The list of the evaluations of this program: a line each, with a bar of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from dropout_core.values.words.percent import percent
from dropout_tui.presenters.evaluations.open_evaluations import COUNTED, OpenRow, shares_of
from dropout_tui.text.labels import mark_of_decision, mark_of_status
from dropout_tui.text.truncate import cut_in_the_middle
from dropout_tui.widgets.vim_option_list import VimOptionList

_MARKS = tuple(mark_of_status(status) for status, _ in COUNTED)
_LEAST_NAME, _LEAST_BAR = 10, 6
_WIDEST_BAR = 60
_BESIDE = 2
"""Cells of a line that are not for its text: the mark of the cursor, and the scrollbar."""
_MUTED = "$foreground-muted"


@dataclass(frozen=True, slots=True)
class Columns:
    """The cells of each column; 0 where it is left out. Numbers always have the cells that they need."""

    number: int
    name: int
    state: int
    bar: int
    counts: tuple[int, ...]
    rate: int
    decision: int


class OpenList(VimOptionList):
    """The evaluations of this program; the cursor stays on its evaluation."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", id="list.open", tooltip="Open its dashboard")
    ]

    class Fitted(Message):
        """The columns have other widths."""

        def __init__(self, heads: Content) -> None:
            super().__init__()
            self.heads = heads
            """What is to stand above the list."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[OpenRow] = ()
        self._heads = Content("")

    @property
    def selected(self) -> OpenRow | None:
        """The evaluation under the cursor."""
        at = self.highlighted
        return self._rows[at] if at is not None and at < len(self._rows) else None

    def show(self, rows: Sequence[OpenRow], on: int | None = None) -> None:
        """Show these rows, with the cursor on the evaluation with the number `on`, or where it was."""
        selected = self.selected
        number = on if on is not None or selected is None else selected.number
        self._rows = rows
        self._fit(next((place for place, row in enumerate(rows) if row.number == number), 0))

    def on_resize(self) -> None:
        """Fit the columns into the new width."""
        self._fit(self.highlighted)

    def _fit(self, highlighted: int | None) -> None:
        columns = columns_for(self._rows, self.region.width - _BESIDE)
        self.fill([line_of(row, columns) for row in self._rows], highlighted)
        heads = heads_of(columns)
        if not heads.is_same(self._heads):
            self._heads = heads
            self.post_message(self.Fitted(heads))


def columns_for(rows: Sequence[OpenRow], width: int) -> Columns:
    """The columns that fit `width` cells: names and bars give way first, then what was decided, then the state."""
    number = max((len(str(row.number)) for row in rows), default=1) + 1
    counts = tuple(
        _count_cells([row.counts[kind] for row in rows], always=mark.word != "paused")
        for kind, mark in enumerate(_MARKS)
    )
    name = max((cell_len(_name(row)) for row in rows), default=0)
    state = max((cell_len(str(row.mark)) for row in rows), default=0)
    decision = max((cell_len(_decision(row)[0]) for row in rows), default=0)
    rate = len("100 %")
    fixed = number + sum(cells + 1 for cells in counts if cells) + 1 + rate
    for state_cells, decision_cells in ((state, decision), (state, 1), (1, 1), (1, 0)):
        room = width - fixed - sum(cells + 1 for cells in (state_cells, decision_cells) if cells)
        if room >= _LEAST_NAME + _LEAST_BAR + 2:
            # The bar takes a quarter, and what the longest name leaves.
            bar = min(_WIDEST_BAR, max(_LEAST_BAR, (room - 2) // 4, room - 2 - name))
            shown = min(name, room - 2 - bar)
            return Columns(number, shown, state_cells, bar, counts, rate, decision_cells)
    room = max(0, width - fixed - 2)
    return Columns(number, min(name, room - 1) if room > _LEAST_BAR else 0, 1, 0, counts, rate, 0)


def _count_cells(counts: Sequence[int], *, always: bool) -> int:
    most = max(counts, default=0)
    return len(f"{most:,}") + 1 if most or always else 0


def heads_of(columns: Columns) -> Content:
    """The heads of the columns."""
    words = (("Evaluation", columns.name), ("State", columns.state), ("Runs", columns.bar))
    heads = ["#".rjust(columns.number)]
    heads += [word[:cells].ljust(cells) for word, cells in words if cells]
    heads += [mark.glyph.rjust(cells) for mark, cells in zip(_MARKS, columns.counts, strict=True) if cells]
    heads.append("Rate".rjust(columns.rate))
    heads += ["Band"[: columns.decision]] if columns.decision else []
    return Content.styled(" " + " ".join(heads), f"bold {_MUTED}")


def line_of(row: OpenRow, columns: Columns) -> Content:
    """The line of one evaluation."""
    parts = [Content.styled(f"{row.number:>{columns.number}}", _MUTED)]
    if columns.name:
        parts.append(Content(_padded(cut_in_the_middle(_name(row), columns.name), columns.name)))
    if columns.state:
        word = str(row.mark) if columns.state > 1 else row.mark.glyph
        parts.append(Content.styled(_padded(word, columns.state), row.mark.colour))
    if columns.bar:
        parts.append(bar_of(row.counts, columns.bar))
    parts += [
        Content.styled(
            f"{mark.glyph}{count:,}".rjust(cells), mark.colour if count else "$foreground-disabled"
        )
        for mark, count, cells in zip(_MARKS, row.counts, columns.counts, strict=True)
        if cells
    ]
    rate = "–" if row.rate is None else f"{percent(row.rate)} %"
    parts.append(Content.styled(rate.rjust(columns.rate), "bold"))
    if columns.decision:
        decision, colour = _decision(row)
        parts.append(Content.styled(decision if columns.decision > 1 else decision[:1], colour))
    return Content(" ").join(parts)


def bar_of(counts: Sequence[int], cells: int) -> Content:
    """The runs in `cells` cells, each kind with its glyph."""
    shares = shares_of(counts, cells)
    drawn = Content.assemble(
        *((mark.glyph * share, mark.colour) for mark, share in zip(_MARKS, shares, strict=True))
    )
    return drawn if sum(shares) == cells else drawn + Content(" " * (cells - sum(shares)))


def _name(row: OpenRow) -> str:
    return f"{row.model}{' (built in)' if row.is_sample else ''} · {row.about}"


def _decision(row: OpenRow) -> tuple[str, str]:
    if row.decision is None:
        return "–", _MUTED
    mark = mark_of_decision(row.decision)
    return str(mark), mark.colour


def _padded(text: str, cells: int) -> str:
    return text + " " * max(0, cells - cell_len(text))
