"""A list of lines in a terminal that changes its size."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.content import Content

from dropout_tui.widgets.vim_option_list import VimOptionList
from tests.tui.looking import text_on_screen, until


class Listed(App[None]):
    CSS = "VimOptionList { height: 100%; }"

    def compose(self) -> ComposeResult:
        yield VimOptionList(*(Content(f"line {n}") for n in range(1, 41)))


async def test_the_highlighted_line_is_in_sight_whatever_size_the_terminal_comes_to_have() -> None:
    app = Listed()
    async with app.run_test(size=(40, 30)) as pilot:
        app.query_one(VimOptionList).highlighted = 24
        for size in ((40, 30), (20, 5), (60, 12), (20, 3), (40, 30), (20, 5)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: app.size == size)  # noqa: B023
            await until(pilot, lambda: "line 25" in text_on_screen(app))
