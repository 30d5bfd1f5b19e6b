"""A screen that knows the size as it is composed has its widgets styled once less."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from dropout_tui.screens.full_screen import FullScreen, class_at
from tests.tui.looking import until

WIDTHS = [(0, "-sliver"), (40, "-narrow"), (100, "-wide")]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(0, "-sliver"), (39, "-sliver"), (40, "-narrow"), (99, "-narrow"), (100, "-wide")],
)
def test_the_largest_that_is_reached_counts(width: int, expected: str) -> None:
    assert class_at(width, WIDTHS) == expected
    assert class_at(width, [*reversed(WIDTHS)]) == expected


def test_where_none_is_reached_there_is_no_class() -> None:
    assert class_at(3, [(4, "-narrow")]) is None
    assert class_at(3, []) is None


class Counted(Static):
    """A widget that counts how often it is styled."""

    styled = 0

    def notify_style_update(self) -> None:
        self.styled += 1
        super().notify_style_update()


class Sized(FullScreen[None]):
    CSS = "Sized.-narrow { overflow: hidden; }"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]

    def compose(self) -> ComposeResult:
        self.known = frozenset(self.classes)
        self.counted = Counted("here")
        yield self.counted


async def test_it_has_the_classes_that_textual_gives_it_later() -> None:
    screen = Sized()
    async with App[None]().run_test(size=(60, 30)) as pilot:
        await pilot.app.push_screen(screen)
        await pilot.pause()
        assert screen.known == {"-narrow", "-high"} == screen.classes & {"-narrow", "-high", "-low", "-wide"}
        await pilot.resize_terminal(120, 10)
        await until(
            pilot, lambda: screen.classes & {"-narrow", "-high", "-low", "-wide"} == {"-low", "-wide"}
        )


async def test_its_widgets_are_styled_once_as_it_opens() -> None:
    screen = Sized()
    async with App[None]().run_test(size=(60, 30)) as pilot:
        await pilot.app.push_screen(screen)
        await pilot.pause()
        assert screen.counted.styled == 1
        assert screen.styles.overflow_y == "hidden"
