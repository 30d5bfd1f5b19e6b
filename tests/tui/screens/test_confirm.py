"""Questions over the screen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App

from dropout_tui.screens.confirm import FINISH, QUIT, STAY, Choice, ConfirmScreen, quit_dialog
from tests.tui.looking import text_on_screen, until
from tests.tui.states import HOSTILE_TEXTS


class Asking(App[None]):
    def __init__(self, dialog: ConfirmScreen) -> None:
        super().__init__()
        self._dialog = dialog
        self.answers: list[str | None] = []

    def on_mount(self) -> None:
        self.push_screen(self._dialog, self.answers.append)


THREE = [Choice("a", "a", "First"), Choice("b", "b", "Second"), Choice("c", "c", "Third")]


async def answer(dialog: ConfirmScreen, keys: Sequence[str]) -> list[str | None]:
    app = Asking(dialog)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        return app.answers


@pytest.mark.parametrize("size", [(20, 5), pytest.param((80, 24), marks=pytest.mark.long_run)])
async def test_quitting_takes_more_than_enter(size: tuple[int, int]) -> None:
    app = Asking(quit_dialog(4))
    async with app.run_test(size=size, notifications=True) as pilot:
        for keys, expected in (
            (["y"], QUIT),
            (["n"], STAY),
            (["escape"], STAY),
            (["enter"], STAY),
            (["k", "enter"], QUIT),
            (["up", "enter"], QUIT),
            (["f"], FINISH),
            (["k", "k", "enter"], FINISH),
        ):
            await pilot.press(*keys)
            await until(pilot, lambda: app.answers)
            assert app.answers == [expected], keys
            app.answers.clear()
            await app.push_screen(quit_dialog(4), app.answers.append)


async def test_other_keys_answer_nothing() -> None:
    assert await answer(quit_dialog(4), ["z", "q", "1", "space"]) == []


async def test_a_third_choice_is_one_more_line() -> None:
    assert await answer(ConfirmScreen("Which?", THREE, safe="a"), ["j", "j", "enter"]) == ["c"]
    assert await answer(ConfirmScreen("Which?", THREE, safe="b"), ["escape"]) == ["b"]


async def test_a_click_chooses() -> None:
    app = Asking(quit_dialog(2))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click("VimOptionList", offset=(5, 1))
        await pilot.pause()
        assert app.answers == [QUIT]


async def test_the_question_says_how_many_are_running() -> None:
    app = Asking(quit_dialog(1))
    async with app.run_test(size=(80, 24)) as pilot:
        for under_way, words in (
            (1, "1 trial is running"),
            (4, "4 trials are running"),
            (2500, "2,500 trials are"),
        ):
            await app.push_screen(quit_dialog(under_way))
            await until(pilot, lambda words=words: words in text_on_screen(app))  # type: ignore[misc]


def test_the_safe_answer_must_be_one_of_the_choices() -> None:
    with pytest.raises(ValueError, match="not in list"):
        ConfirmScreen("Which?", THREE, safe="d")


async def test_text_of_strangers_stays_text() -> None:
    app = Asking(quit_dialog(4))
    async with app.run_test(size=(60, 20)) as pilot:
        for text in HOSTILE_TEXTS:
            app.answers.clear()
            dialog = ConfirmScreen(text, [Choice("a", "a", text)], safe="a", title=text)
            await app.push_screen(dialog, app.answers.append)
            await pilot.pause()
            assert "\x1b" not in text_on_screen(app)
            await pilot.press("a")
            await until(pilot, lambda: app.answers)
            assert app.answers == ["a"]
