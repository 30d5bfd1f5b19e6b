"""The checks of one attempt, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList

from dropout_core.tasks.check_titles import check_titles
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Check, CheckStatus
from dropout_tui.text.labels import mark_of_check
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.vim_option_list import CURSOR_MARK, VimOptionList

NOT_REACHED = mark_of_check(CheckStatus.NOT_REACHED).word
NOT_YET = "not yet"
_WIDEST_TITLE = 18
_LEAST_VALUE = 5
"""The least cells for a value that is cut off, with the gap before it."""


class CheckList(VimOptionList):
    """Each check with its glyph, its title, and what was measured beside what was expected."""

    BORDER_TITLE = "Checks"

    @dataclass
    class Looked(Message):
        """Another check is highlighted."""

        check_list: CheckList
        check: Check

        @property
        def control(self) -> CheckList:
            """The list that sent it."""
            return self.check_list

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._checks: tuple[Check, ...] = ()
        self._unobserved = NOT_REACHED

    @property
    def current_answer(self) -> Check | None:
        """The highlighted check."""
        return None if self.highlighted is None else self._checks[self.highlighted]

    def show(self, checks: Sequence[Check], *, unobserved: str = NOT_REACHED, afresh: bool = False) -> None:
        """Show `checks`; those that were not reached show `unobserved`.

        The first failing one is highlighted when the list is new, or while the highlight is still on the first line.
        """
        previous, self._checks = self._checks, tuple(checks)
        if self._checks == previous and not afresh:
            return
        failing = next((n for n, check in enumerate(checks) if check.status is CheckStatus.FAILED), 0)
        settle = afresh or not self.highlighted or len(previous) != len(checks)
        self._unobserved = unobserved
        self.fill(self._drawn_checks(), failing if settle and checks else None)
        # The highlight may not have moved although the check under it changed.
        self._say()

    def on_resize(self) -> None:
        """Cut or leave out values that do not fit."""
        self.fill(self._drawn_checks())

    def _drawn_checks(self) -> list[Content]:
        return check_lines(
            self._checks, self._unobserved, self.scrollable_content_region.width - len(CURSOR_MARK)
        )

    @on(OptionList.OptionHighlighted)
    def _highlight_moved(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._say()

    def _say(self) -> None:
        if (check := self.current_answer) is not None:
            self.post_message(self.Looked(self, check))


def check_lines(checks: Sequence[Check], unobserved: str = NOT_REACHED, room: int = 80) -> list[Content]:
    """The lines of the list, titles and values in columns, for `room` cells.

    Measured values are cut where they are too long, and whole in the detail of the check; expected values are
    shown whole or not at all.
    """
    width = min(
        _WIDEST_TITLE, max((Content(visible_line(check.title)).cell_length for check in checks), default=0)
    )
    return [_line(check, width, unobserved, room) for check in checks]


def checks_to_come(config: EvaluationConfig, message: str) -> tuple[Check, ...]:
    """The checks of the suite as long as, or because, there is no output to look at; none for a suite whose checks are
    not known."""
    return tuple(
        Check(id_, title, CheckStatus.NOT_REACHED, message) for id_, title in check_titles(config).items()
    )


def _line(check: Check, width: int, unobserved: str, room: int) -> Content:
    mark = mark_of_check(check.status)
    title = Content(visible_line(check.title)).truncate(width, ellipsis=True)
    title = title.pad_right(max(0, width - title.cell_length))
    values: list[tuple[str | None, str, str]]
    match check.status:
        case CheckStatus.NOT_REACHED:
            values, style = [(unobserved, "  {}", "dim")], "dim"
        case CheckStatus.FAILED:
            values, style = [(check.measured, "  {}", mark.colour), (check.expected, "  ({})", "dim")], "bold"
        case CheckStatus.PASSED:
            values, style = [(check.measured, "  {}", "dim")], ""
    line = Content.assemble((f"{mark.glyph} ", mark.colour), (title.plain, style))
    for value, form, look in values:
        longer = line if value is None else Content.assemble(line, (form.format(visible_line(value)), look))
        if longer.cell_length > room:
            # A measured value is cut rather than left out; half an expected value would mean nothing.
            is_first = value is not None and value == values[0][0]
            return (
                longer.truncate(room, ellipsis=True)
                if is_first and room - line.cell_length >= _LEAST_VALUE
                else line
            )
        line = longer
    return line
