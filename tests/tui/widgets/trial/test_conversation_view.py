"""A conversation on screen: whole turns, and the text that is still arriving."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from dropout_core.state.trial_state import StepTaken
from dropout_core.values.conversation import Message, TextBlock, ThinkingBlock
from dropout_tui.presenters.trial.conversation_parts import MAX_SHOWN
from dropout_tui.widgets.trial.conversation_view import ConversationView
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


STEPS = (StepTaken(1_240, 88, 2.14, "tool_use"), StepTaken(1_420, 130, 61.0, "end_turn"))
ALWAYS_SHOWN = (
    "1 · prompt",
    "2 · model   1.2k in · 88 out · 2.1s · tool_use",
    "4 · model   1.4k in · 130 out · 1:01 · end_turn",
    "I'll try it first:",
    "stop reason end_turn",
)
SUMMARIES = (
    ("▸ thinking  Inverted dropout: scale by 1 / (1 - p)", "chars"),
    ("▸ python_expression  print(np.ones(3) * 2)", "✓ ok · 2 lines"),
    ("▸ python_expression  1 / 0", "✗ error · 5 chars"),
    ("▸ submit_answer  def dropout(x, p, training):", "8 lines"),
)


def line_with(app: App[None], words: str) -> str:
    return next(line for line in text_on_screen(app).splitlines() if words in line)


async def test_calls_and_thoughts_are_folded_to_a_line_each() -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS, STEPS)
        app.view.conclude("stop reason end_turn")
        await pilot.pause()
        shown = text_on_screen(app)
        for words in ALWAYS_SHOWN:
            assert words in shown, words
        for begins, ends in SUMMARIES:
            assert ends in line_with(app, begins)
        assert "ZeroDivisionError" not in shown
        # What a tool said stands under its call, and has no turn of its own.
        assert "3 · tools" not in shown


async def test_thinking_out_of_sight_is_said_and_counted() -> None:
    app = Reading()
    turns = (Message.user("go"), Message("assistant", (ThinkingBlock("", "c2VhbA=="), TextBlock("Done."))))
    step = StepTaken(110, 500, 2.0, "end_turn", thinking_tokens=400, cache_read_input_tokens=80)
    async with app.run_test(size=(100, 20)) as pilot:
        app.view.show(turns, (step,))
        await pilot.pause()
        shown = text_on_screen(app)
        assert "110 in (80 from the cache) · 500 out (400 thought) · 2.0s · end_turn" in shown
        assert "▸ thinking  (thought out of sight)" in shown


async def test_a_conversation_without_figures_is_shown_without() -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS, STEPS[:1])
        await pilot.pause()
        assert line_with(app, "4 · model").strip() == "4 · model"


async def test_all_is_unfolded_and_folded_by_one_key() -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS)
        app.view.conclude("stop reason end_turn")
        app.view.focus()
        await pilot.pause()
        folded = text_on_screen(app)
        await pilot.press("z")
        await pilot.pause()
        shown = text_on_screen(app)
        await pilot.press("z")
        await pilot.pause()
        assert text_on_screen(app) == folded
    for words in (
        "1 · prompt",
        "2 · model",
        "thinking",
        "Inverted dropout: scale by 1 / (1 - p)",
        "▾ python_expression",
        "print(np.ones(3) * 2)",
        "timeout: 3",
        "✓ returned",
        "[2. 2. 2.]",
        "✗ returned an error",
        "ZeroDivisionError",
        "▾ submit_answer",
        "return x * mask",
        "stop reason end_turn",
    ):
        assert words in shown, words


@pytest.mark.parametrize("key", ["enter", "o"])
async def test_the_marked_part_is_unfolded_and_the_next_one_is_reached_by_key(key: str) -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS)
        app.view.focus()
        await pilot.press(key)
        await pilot.pause()
        assert "▾ thinking" in text_on_screen(app)
        await pilot.press("j", "j", key)
        await pilot.pause()
        assert "ZeroDivisionError: division by zero" in text_on_screen(app)
        assert text_on_screen(app).count("▸ python_expression") == 1
        await pilot.press(key)
        await pilot.pause()
        assert "ZeroDivisionError" not in text_on_screen(app)


@pytest.mark.parametrize("awaited", [True, False])
async def test_the_space_bar_is_left_to_the_screen(awaited: bool) -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.follow(awaited)
        app.view.show(AGENT_TURNS)
        app.view.focus()
        await pilot.press("space")
        await pilot.pause()
        assert "▾" not in text_on_screen(app)


async def test_a_click_unfolds() -> None:
    app = Reading()
    async with app.run_test(size=(90, 60)) as pilot:
        app.view.show(AGENT_TURNS)
        await pilot.pause()
        rows = text_on_screen(app).splitlines()
        line = next(n for n, row in enumerate(rows) if "1 / 0" in row)
        await pilot.click(offset=(10, line))
        await pilot.pause()
        assert "ZeroDivisionError: division by zero" in text_on_screen(app)
        await pilot.click(offset=(10, line))
        await pilot.pause()
        assert "ZeroDivisionError" not in text_on_screen(app)


async def test_unfolding_leaves_the_first_line_in_sight_where_it_is() -> None:
    app = Reading()
    async with app.run_test(size=(60, 12)) as pilot:
        app.view.follow(True)
        app.view.show(AGENT_TURNS * 6)
        app.view.focus()
        await pilot.pause()
        first = text_on_screen(app).splitlines()[0][:50]
        await pilot.press("enter")
        await pilot.pause()
        assert text_on_screen(app).splitlines()[0][:50] == first


async def test_text_of_a_conversation_is_copied_without_its_rails() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(conversation(prompt="Another question"))
        await pilot.pause()
        app.view.text_select_all()
        await pilot.pause()
        copied = app.screen.get_selected_text()
        assert copied is not None
        assert "Another question\n" in copied
        assert "▎" not in copied


async def test_more_turns_leave_those_before_in_place() -> None:
    app = Reading()
    async with app.run_test(size=(60, 20)) as pilot:
        app.view.show(LONG[:10])
        await pilot.pause()
        app.view.scroll_to(y=15, animate=False)
        await pilot.pause()
        before = text_on_screen(app)
        app.view.show(LONG)
        app.view.arrive("and on")
        await pilot.pause()
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
        assert len(app.view.turns) == 2
        assert "2 · model" in text_on_screen(app)
        assert "3 · " not in text_on_screen(app)


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
        assert "↓ 49 new lines below · G" in text_on_screen(app)
        await pilot.press("G")
        await pilot.wait_for_scheduled_animations()
        app.view.arrive("first words\n" * 80 + "last words")
        await pilot.pause()
        assert "last words" in text_on_screen(app)
        assert "below" not in text_on_screen(app)


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
