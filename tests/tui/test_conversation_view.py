"""A conversation on screen: whole turns, and the text that is still arriving."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from dropout_core.conversation import Message, TextBlock
from dropout_tui.widgets.conversation_view import MAX_SHOWN, ConversationView
from tests.tui.gallery_trial import AGENT_TURNS, HOSTILE_TURNS
from tests.tui.looking import text_on_screen
from tests.tui.states import HOSTILE_TEXTS, conversation


class Reading(App[None]):
    def compose(self) -> ComposeResult:
        yield ConversationView()

    @property
    def view(self) -> ConversationView:
        return self.query_one(ConversationView)


LONG = tuple(Message.user(f"turn {n}\n" * 5) for n in range(1, 30))


async def test_every_kind_of_block_is_shown() -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS)
        app.view.conclude("stop reason end_turn")
        await pilot.pause()
        shown = text_on_screen(app)
    for words in (
        "1 · prompt",
        "2 · model",
        "thinking",
        "Inverted dropout: scale by 1 / (1 - p)",
        "calls python_expression",
        "print(np.ones(3) * 2)",
        "timeout: 3",
        "3 · tools",
        "[2. 2. 2.]",
        "✗ returned an error",
        "ZeroDivisionError",
        "calls submit_answer",
        "return x * mask",
        "stop reason end_turn",
    ):
        assert words in shown, words


async def test_more_turns_leave_those_before_in_place() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(LONG[:10])
        await pilot.pause()
        app.view.scroll_to(y=15, animate=False)
        await pilot.pause()
        before = text_on_screen(app)
        first = app.view.query("TurnView").first()
        app.view.show(LONG)
        app.view.arrive("and on")
        await pilot.pause()
        assert app.view.query("TurnView").first() is first
        # The scrollbar tells of the longer text; the text itself has not moved.
        assert [line[:50] for line in text_on_screen(app).splitlines()] == [
            line[:50] for line in before.splitlines()
        ]


async def test_another_conversation_replaces_the_first() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(LONG)
        app.view.show(conversation(prompt="Another question"))
        await pilot.pause()
        assert "Another question" in text_on_screen(app)
        assert "turn 1" not in text_on_screen(app)
        assert len(app.view.query("TurnView")) == 2


async def test_at_the_end_arriving_text_is_followed() -> None:
    app = Reading()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.follow(True)
        app.view.show(LONG)
        await pilot.pause()
        for n in range(1, 40):
            app.view.arrive("\n".join(f"line {m}" for m in range(1, n + 1)))
            await pilot.pause()
        assert "line 39" in text_on_screen(app)


async def test_away_from_the_end_arriving_text_moves_nothing() -> None:
    app = Reading()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.follow(True)
        app.view.show(LONG)
        app.view.arrive("first words")
        app.view.focus()
        await pilot.pause()
        await pilot.press("pageup", "pageup")
        await pilot.wait_for_scheduled_animations()
        at = app.view.scroll_offset.y
        assert 0 < at < app.view.max_scroll_y
        app.view.arrive("first words\n" * 50)
        await pilot.pause()
        assert app.view.scroll_offset.y == at
        await pilot.press("G")
        await pilot.wait_for_scheduled_animations()
        app.view.arrive("first words\n" * 80 + "last words")
        await pilot.pause()
        assert "last words" in text_on_screen(app)


async def test_arriving_text_goes_when_its_turn_is_there() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(LONG[:1])
        app.view.arrive("half a rep")
        await pilot.pause()
        assert "half a rep" in text_on_screen(app)
        app.view.arrive("")
        app.view.show((*LONG[:1], Message("assistant", (TextBlock("half a reply"),))))
        await pilot.pause()
        assert text_on_screen(app).count("half a rep") == 1


async def test_an_enormous_block_is_cut_and_says_so() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show((Message.user("x" * (MAX_SHOWN + 1234)),))
        app.view.conclude("the end")
        app.view.scroll_end(animate=False)
        await pilot.pause()
        app.view.scroll_end(animate=False)
        await pilot.pause()
        assert "… 1,234 more characters are stored" in text_on_screen(app)


async def test_the_theme_may_change_under_a_conversation() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(AGENT_TURNS)
        await pilot.pause()
        before = text_on_screen(app)
        for theme in ("textual-light", "ansi-dark"):
            app.theme = theme
            await pilot.pause()
            assert text_on_screen(app) == before


@pytest.mark.parametrize("size", [(80, 24), (20, 5)])
async def test_text_of_strangers_stays_text(size: tuple[int, int]) -> None:
    app = Reading()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.view.show(HOSTILE_TURNS)
        for text in HOSTILE_TEXTS:
            app.view.arrive(text)
            app.view.conclude(text)
            await pilot.pause()
            app.view.scroll_end(animate=False)
            await pilot.pause()
            assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(text_on_screen(app))


async def test_markup_is_shown_as_it_was_written() -> None:
    app = Reading()
    async with app.run_test(size=(80, 40)) as pilot:
        app.view.show((Message.user("\n".join(HOSTILE_TEXTS[:4])),))
        await pilot.pause()
        shown = text_on_screen(app)
    for text in HOSTILE_TEXTS[:4]:
        assert text in shown
