"""Without colours: what is selected and what has the focus is told by glyphs and lines."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from textual.widgets import Select

from dropout_tui.app.base_app import BaseApp
from dropout_tui.terminal.monochrome import is_monochrome
from dropout_tui.widgets.form.form_row import FormRow
from tests.tui.gallery_trial import telling_run
from tests.tui.looking import text_on_screen, until
from tests.tui.screens.launch.test_screen import Launching
from tests.tui.screens.trial.test_screen import Viewing


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "tmux"}, False),
        ({"TERM": "linux"}, False),
        ({}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True),
        ({"TERM": "vt100"}, True),
        ({"TERM": "vt220-8bit"}, True),
        ({"TERM": "xterm-mono"}, True),
        ({"TERM": "dumb"}, True),
    ],
)
def test_which_terminals_have_no_colours(environment: Mapping[str, str], expected: bool) -> None:
    assert is_monochrome(environment) is expected


def test_style_sheets_are_told_of_a_terminal_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for term, expected in (("vt100", True), ("xterm-256color", False)):
        monkeypatch.setenv("TERM", term)
        assert BaseApp().has_pseudo_classes({"nocolor"}) is expected


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param(((60, 20), (120, 40)), id="60-and-120"),
        pytest.param(((80, 24), (200, 60)), id="80-and-200", marks=pytest.mark.long_run),
    ],
)
async def test_the_selected_check_and_the_pane_with_the_focus_are_seen(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[tuple[int, int], ...]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Viewing(telling_run())
    async with app.run_test(size=sizes[0]) as pilot:
        for size in sizes:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: "▌✗ Randomness" in app.text)
            assert "┏━ Checks" in app.text
            await pilot.press("j")
            await until(pilot, lambda: "▌✓ Scaling" in app.text)
            assert "▌✗" not in app.text
            await pilot.press("tab")
            await until(pilot, lambda: "┏━  1 Code" in app.text)
            assert "╭─ Checks" in app.text
            await pilot.press("shift+tab", "shift+tab")
            await until(pilot, lambda: "┏━ ✓ Scaling" in app.text)
            await pilot.press("tab", "k")
            await until(pilot, lambda: "┏━ Checks" in app.text)


async def test_the_selected_check_is_marked_in_colour_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    app = Viewing(telling_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "▌✗ Randomness" in app.text)
        assert "┏" not in app.text


async def test_the_field_with_the_focus_and_the_word_of_a_menu_are_told_by_reverse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Launching()
    async with app.run_test(size=(80, 24)) as pilot:
        menu = app.view.query_one("#mode", Select)
        menu.focus()
        await pilot.pause()
        row = next(row for row in app.view.query(FormRow) if row.control is menu)
        label = row.query_one(".form-row--label")
        await until(pilot, lambda: label.rich_style.reverse)
        await pilot.press("enter")
        await until(pilot, lambda: menu.expanded)
        (overlay,) = menu.query("SelectOverlay")
        highlighted = overlay.get_component_rich_style("option-list--option-highlighted")
        assert highlighted.reverse
        assert "agent" in text_on_screen(app)
