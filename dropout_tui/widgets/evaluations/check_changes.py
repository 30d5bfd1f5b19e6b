"""Which checks fail more or less often in the second of two evaluations."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from dropout_core.analysis.comparison.comparison import CheckMoved, Comparison
from dropout_core.tasks.check_titles import check_titles
from dropout_core.values.words.percent import percent
from dropout_tui.text.labels import BESIDE_TASK, title_of_failure
from dropout_tui.text.words.comparison import EACH_ALONE, interval_of, mark_of_check, signed
from dropout_tui.widgets.evaluations.comparison_box import ComparisonBox

_WIDEST_TITLE = 22
_BESIDE = Content.styled(f"{BESIDE_TASK}:", "bold $foreground-muted")
_INTERVAL = 11
_WORD = len("▲ fails more")
_SHARE = 12


class ChecksMoved(ComparisonBox):
    """One line a check: the share that failed in A and in B, the difference with its interval, and what it means."""

    BORDER_TITLE = "Failing checks, the largest difference first"

    def lines_about(self, comparison: Comparison, width: int) -> list[Content]:
        """The lines of this box."""
        if not comparison.checks:
            return [Content.styled("no check failed in either", "$foreground-muted")]
        titles = {check.id: _title(check, comparison) for check in comparison.checks}
        columns = _Columns(width, max(map(cell_len, titles.values())))
        head = Content.styled(columns.line("", "A", "B", "B − A", "95 %", ""), "bold $foreground-muted")
        lines = [head]
        for check in comparison.checks:
            if check.beside_task and _BESIDE not in lines:
                lines.append(_BESIDE)
            lines.append(_line(check, titles[check.id], columns))
        return [*lines, *Content.styled(EACH_ALONE, "$foreground-muted").wrap(width)]


class _Columns:
    """The columns that fit a width: the interval is left out first, then the word becomes its glyph."""

    def __init__(self, width: int, longest_title: int) -> None:
        self.title = min(_WIDEST_TITLE, longest_title)
        self.word = self.title + 2 * (_SHARE + 1) + 7 + 1 + _WORD <= width
        rest = width - self.title - 2 * (_SHARE + 1) - 7 - (1 + _WORD if self.word else 2)
        self.interval = rest >= _INTERVAL + 2
        self.shares = _SHARE if rest >= 0 else 5

    def line(self, title: str, first: str, second: str, points: str, interval: str, word: str) -> str:
        """One line of the table without its word, as plain text."""
        cells = [set_cell_size(title, self.title), f"{first:>{self.shares}}", f"{second:>{self.shares}}"]
        cells.append(f"{points:>6}")
        if self.interval:
            cells.append(f" {interval:<{_INTERVAL}}")
        return " ".join([*cells, word]).rstrip()


def _title(check: CheckMoved, comparison: Comparison) -> str:
    """A check's title, by the suite of the first evaluation or else of the second."""
    first, second = (check_titles(side.config) for side in (comparison.first, comparison.second))
    return title_of_failure(check.id, {**second, **first})


def _line(check: CheckMoved, title: str, columns: _Columns) -> Content:
    mark = mark_of_check(check)
    found = check.difference
    shares = (_share(check.first, columns), _share(check.second, columns))
    text = columns.line(title, *shares, signed(found), interval_of(found), "")
    room = Content(f"{text:<{columns_width(columns)}}")
    return Content.assemble(room, " ", (str(mark) if columns.word else mark.glyph, mark.colour))


def columns_width(columns: _Columns) -> int:
    """The cells before the word."""
    return columns.title + 2 * (columns.shares + 1) + 7 + (2 + _INTERVAL if columns.interval else 0)


def _share(count: tuple[int, int], columns: _Columns) -> str:
    failed, reached = count
    if not reached:
        return "–"
    rate = f"{percent(failed / reached)} %"
    return f"{failed}/{reached} {rate:>5}" if columns.shares == _SHARE else rate
