"""Code on screen: every character, numbered, one line marked."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from dropout_tui.widgets.trial.code_view import CodeView
from tests.tui.looking import text_on_screen, until
from tests.tui.states import GOOD_CODE, HOSTILE_TEXTS


class Reading(App[None]):
    def compose(self) -> ComposeResult:
        yield CodeView()

    @property
    def view(self) -> CodeView:
        return self.query_one(CodeView)


async def test_lines_are_numbered_and_complete() -> None:
    app = Reading()
    async with app.run_test(size=(60, 14)) as pilot:
        app.view.show(GOOD_CODE)
        await pilot.pause()
        shown = text_on_screen(app).splitlines()
    for number, line in enumerate(GOOD_CODE.splitlines(), 1):
        assert shown[number - 1].rstrip() == f" {number:>2} {line}".rstrip()


async def test_the_marked_line_is_pointed_at_and_in_sight() -> None:
    app = Reading()
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.show("\n".join(f"x{n} = {n}" for n in range(1, 101)))
        app.view.mark(70)
        await until(pilot, lambda: "▶ 70 x70 = 70" in text_on_screen(app))
        app.view.mark(None)
        await until(pilot, lambda: "▶" not in text_on_screen(app))


@pytest.mark.parametrize("number", [0, -1, 4, 10**9])
async def test_a_line_that_does_not_exist_marks_none(number: int) -> None:
    app = Reading()
    async with app.run_test(size=(40, 6)):
        app.view.show("a\nb\nc")
        app.view.mark(number)
        assert app.view.lines.marked is None


async def test_long_lines_scroll_sideways_under_the_gutter() -> None:
    app = Reading()
    async with app.run_test(size=(30, 6)) as pilot:
        app.view.show("start" + "." * 100 + "end")
        app.view.lines.focus()
        await pilot.pause()
        assert "end" not in text_on_screen(app)
        app.view.lines.scroll_to(x=1000, animate=False)
        await pilot.pause()
        first = text_on_screen(app).splitlines()[0]
        assert first.startswith("  1 ")
        assert first.rstrip().endswith("end")


@pytest.mark.parametrize(("key", "line"), [("G", 100), ("end", 100), ("g", 1), ("j", 2)])
async def test_keys_scroll(key: str, line: int) -> None:
    app = Reading()
    async with app.run_test(size=(30, 6)) as pilot:
        app.view.show("\n".join(f"line{n}" for n in range(1, 101)))
        app.view.lines.focus()
        await pilot.pause()
        await pilot.press(key)
        await until(pilot, lambda: f"line{line}" in text_on_screen(app).split())
        await until(pilot, lambda: ("line1" in text_on_screen(app).split()) == (line != 100 and line != 2))


async def test_the_same_code_again_stays_where_it_was() -> None:
    app = Reading()
    code = "\n".join(f"line{n}" for n in range(1, 101))
    async with app.run_test(size=(30, 6)) as pilot:
        app.view.show(code)
        await pilot.pause()
        app.view.lines.scroll_to(y=40, animate=False)
        app.view.show(code)
        await pilot.pause()
        assert app.view.lines.scroll_offset.y == 40
        app.view.show(code + "\nmore")
        await pilot.pause()
        assert app.view.lines.scroll_offset.y == 0


async def test_without_code_it_says_why() -> None:
    app = Reading()
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.show("x = 1")
        app.view.explain("The model refused [/foo]")
        await pilot.pause()
        assert "The model refused [/foo]" in text_on_screen(app)
        assert "x = 1" not in text_on_screen(app)
        app.view.show("x = 1")
        await pilot.pause()
        assert "x = 1" in text_on_screen(app)


async def test_colours_follow_the_theme() -> None:
    app = Reading()

    def colours() -> set[str]:
        return {str(segment.style) for segment in app.view.lines.render_line(0) if segment.text.strip()}

    async with app.run_test(size=(40, 6)) as pilot:
        app.view.show("def f(): return 'text'")
        await pilot.pause()
        seen = [colours()]
        for theme in ("textual-light", "nord", "ansi-dark"):
            app.theme = theme
            await pilot.pause()
            seen.append(colours())
    assert len({frozenset(each) for each in seen}) == len(seen)


async def test_selected_code_is_copied_without_line_numbers() -> None:
    app = Reading()
    async with app.run_test(size=(40, 6)) as pilot:
        app.view.show("alpha = 1\nbeta = 2")
        await pilot.pause()
        app.view.lines.text_select_all()
        await pilot.pause()
        assert app.screen.get_selected_text() == "alpha = 1\nbeta = 2"


@pytest.mark.parametrize("size", [(80, 24), (20, 5), (3, 1)])
async def test_any_text_can_be_shown_and_marked(size: tuple[int, int]) -> None:
    app = Reading()
    async with app.run_test(size=size, notifications=True) as pilot:
        for text in (*HOSTILE_TEXTS, "", "\n\n", "\t", "x" * 100_000, "'''" * 5000):
            app.view.show(text)
            app.view.mark(1)
            await pilot.pause()
            shown = text_on_screen(app)
            assert app.view.lines.source == text
            assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(shown)


async def test_brackets_in_code_are_kept() -> None:
    app = Reading()
    async with app.run_test(size=(60, 6)) as pilot:
        app.view.show("mask[mask == 0] = x[/1]")
        await pilot.pause()
        assert "mask[mask == 0] = x[/1]" in text_on_screen(app)
