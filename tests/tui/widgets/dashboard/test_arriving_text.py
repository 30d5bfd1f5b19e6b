"""Text laid out piece by piece looks as if it had come at once."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import getters
from textual.app import App, ComposeResult

from dropout_tui.presenters.incremental_wrap import BLOCK, wrapped
from dropout_tui.text.sanitize import visible
from dropout_tui.widgets.dashboard.arriving_text import ArrivingText
from tests.tui.looking import text_on_screen
from tests.tui.states import HOSTILE_TEXTS


class TextApp(App[None]):
    text = getters.query_one(ArrivingText)

    def compose(self) -> ComposeResult:
        yield ArrivingText()


@given(st.text(max_size=200), st.integers(2, 40))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    lines = wrapped(visible(text), width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(visible(text).split())


@pytest.mark.parametrize("size", [(20, 5), (60, 24)])
async def test_in_pieces_it_reads_as_at_once(size: tuple[int, int]) -> None:
    text = "\r\n\n".join(HOSTILE_TEXTS) + "\na long line of prose that is wrapped in a narrow terminal\n\tend"
    pieces = [text[start : start + 3] for start in range(0, len(text), 3)]
    app = TextApp()
    async with app.run_test(size=size) as pilot:
        for so_far in accumulate(pieces):
            app.text.show(so_far, follow=True, afresh=False)
        await pilot.pause()
        in_pieces = text_on_screen(app), app.text.virtual_size
        app.text.show(text, follow=True, afresh=True)
        await pilot.pause()
        assert (text_on_screen(app), app.text.virtual_size) == in_pieces


async def test_a_resize_wraps_anew_and_stays_at_the_end() -> None:
    app = TextApp()
    async with app.run_test(size=(60, 6)) as pilot:
        app.text.show("some words of prose " * 40 + "the end", follow=True, afresh=True)
        await pilot.pause()
        assert "the end" in text_on_screen(app)
        await pilot.resize_terminal(25, 6)
        await pilot.pause()
        assert "the end" in " ".join(text_on_screen(app).split())


async def test_of_a_very_long_text_the_end_is_kept() -> None:
    app = TextApp()
    async with app.run_test(size=(60, 6)) as pilot:
        text = "".join(f"line {n}\n" for n in range(BLOCK))
        app.text.show(text, follow=True, afresh=True)
        await pilot.pause()
        assert f"line {BLOCK - 1}" in text_on_screen(app)
        assert app.text.virtual_size.height < 2 * BLOCK
