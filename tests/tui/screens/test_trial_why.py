"""Why a run failed, on the trial screen: evidence, lines, comparisons, and room for all of it."""

from __future__ import annotations

import pytest

from dropout_core.state import events
from dropout_core.state.trial_state import Phase
from dropout_core.values.conversation import Message, TextBlock
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome
from dropout_tui.widgets.trial.check_list import check_lines
from dropout_tui.widgets.trial.conversation_view import ConversationView
from dropout_tui.widgets.trial.diff_view import DiffView
from tests.tui import states
from tests.tui.gallery_trial import AGENT_TURNS, StoredConversations, failing_run, hostile_run, telling_run
from tests.tui.looking import until
from tests.tui.screens.trial.test_screen import Viewing


async def test_what_a_run_failed_at_is_seen_at_once_in_a_small_terminal() -> None:
    app = Viewing(telling_run(), 1)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "✗ Randomness · failed" in app.text)
        assert "measured  whole rows   expected  independent" in app.text
        assert app.text.count("◂") == 3
        assert "dropped whole: rows 3, 4, 8, 12" in app.text
        assert "█ dropped, blank kept" in app.text

        # The line of an exception is marked and said.
        await pilot.press("J", "J")
        await until(pilot, lambda: "▶ line 8 of the code" in app.text)
        assert "▶ 8     return x * mask" in app.text
        assert app.text.count("not reached") == 7
        await pilot.press("j")
        await until(pilot, lambda: "Not reached: there is no output to look at." in app.text)


async def test_a_tab_is_made_when_it_is_first_shown_and_keeps_its_marked_line() -> None:
    app = Viewing(telling_run(), 3)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert not app.view.query(ConversationView)
        assert not app.view.query(DiffView)
        await pilot.press("2", "1")
        await pilot.pause()
        assert app.view.query(ConversationView)
        assert app.view.code.lines.marked == 8


async def test_where_there_is_room_code_and_conversation_stand_side_by_side() -> None:
    app = Viewing(failing_run(), 1, StoredConversations({(1, 2): AGENT_TURNS}))
    async with app.run_test(size=(179, 40)) as pilot:
        await pilot.pause()
        assert "1 · prompt" not in app.text
        await pilot.resize_terminal(180, 40)
        await until(pilot, lambda: "1 · prompt" in app.text)
        assert "mask = np.random.rand(*x.shape) > p" in app.text
        assert "✗ Edge cases" in app.text
        await pilot.press("2")
        await until(pilot, lambda: app.focused is app.view.conversation)
        await pilot.resize_terminal(100, 40)
        await until(pilot, lambda: "mask = np" not in app.text)
        assert "1 · prompt" in app.text


async def test_two_attempts_are_compared_and_marked_ones_first() -> None:
    live = failing_run()
    live.receive(states.attempt_events(1, Outcome.PASSED, attempt=3, at=states.T0 + 15))
    app = Viewing(live)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "+++ run 1, attempt 3 ✓ passed" in app.text)
        assert "--- run 1, attempt 2 ✗ failed" in app.text
        assert "-     if not training:" in app.text
        assert "+     if not training or p == 0:" in app.text
        await pilot.press("g", "m", "j", "m")
        await until(pilot, lambda: app.text.count("◆ marked") == 2)
        assert "--- run 1, attempt 1 ✗ failed" in app.text
        assert "+++ run 1, attempt 2 ✗ failed" in app.text
        await pilot.press("m", "G", "m")
        await until(pilot, lambda: "+++ run 1, attempt 3 ✓ passed" in app.text)
        assert "--- run 1, attempt 1 ✗ failed" in app.text


async def test_another_run_is_named_and_compared_beside_or_below_or_it_is_said_why_not() -> None:
    app = Viewing(telling_run(), 1)
    async with app.run_test(size=(200, 60), notifications=True) as pilot:
        await pilot.press("d", "5", "enter")
        await until(pilot, lambda: "Run 5 has no attempt yet." in app.text)
        await pilot.press("d", "escape")
        await until(pilot, lambda: not app.view.attempts.has_class("-asking"))
        assert app.screen is app.view
        await pilot.press("d")
        await until(pilot, lambda: app.view.attempts.has_class("-asking"))
        await pilot.press("9", "enter")
        await until(pilot, lambda: "There are runs 1 to 5." in app.text)
        await pilot.press("backspace", "4", "enter")
        await until(pilot, lambda: "+++ run 4 ✓ passed" in app.text)
        row = next(line for line in app.text.splitlines() if "--- run 1 ✗ failed" in line)
        assert "+++ run 4" in row
        await pilot.press("u")
        await until(
            pilot,
            lambda: not any("--- run 1" in line and "+++ run 4" in line for line in app.text.splitlines()),
        )
        assert "+++ run 4 ✓ passed" in app.text


async def test_what_arrives_below_is_counted_and_moves_nothing() -> None:
    live = states.live_evaluation(runs=1, trials=[Phase.ASKING])
    long = tuple(Message("user", (TextBlock(f"turn {n}\n" * 3),)) for n in range(30))
    app = Viewing(live, 1, StoredConversations({(1, 1): long}))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "turn 29" in app.text)
        await pilot.press("pageup", "pageup")
        await pilot.wait_for_scheduled_animations()
        await pilot.pause()
        first = app.text.splitlines()[2][61:110]
        text = "\n".join(f"new {n}" for n in range(20))
        live.receive([events.TextArrived(at=states.T0 + 2, trial=1, attempt=1, step=1, text=text)])
        await until(pilot, lambda: "new lines below · G" in app.text)
        assert app.text.splitlines()[2][61:110] == first
        await pilot.press("G")
        await until(pilot, lambda: "new 19" in app.text)
        assert "new lines below" not in app.text


@pytest.mark.parametrize(
    ("live", "size"),
    [
        pytest.param(
            live,
            size,
            marks=() if (live, size) == (hostile_run, (80, 24)) else pytest.mark.long_run,
        )
        for live in (telling_run, hostile_run)
        for size in ((60, 20), (20, 5), (80, 24), (160, 20), (300, 80))
    ],
)
async def test_every_pane_can_be_reached_at_any_size(live: type, size: tuple[int, int]) -> None:
    app = Viewing(live(), 1)
    async with app.run_test(size=size, notifications=True) as pilot:
        for key in [
            "tab",
            "j",
            "2",
            "z",
            "j",
            "enter",
            "3",
            "m",
            "d",
            "2",
            "enter",
            "u",
            "tab",
            "J",
            "K",
            "left",
        ]:
            await pilot.press(key)
            assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(app.text)
        await pilot.resize_terminal(79, 21)
        await pilot.pause()
        assert app.text.strip()


async def test_evidence_has_the_whole_width_where_the_code_leaves_it_room() -> None:
    layouts = [
        ((120, 40), 10, True),
        ((120, 40), 11, True),
        ((120, 40), 18, True),
        ((120, 40), 19, False),
        ((100, 24), 8, True),
        ((100, 24), 9, False),
        ((180, 40), 8, False),
    ]
    live = states.live_evaluation(runs=len(layouts))
    for run, (_, lines, _) in enumerate(layouts, 1):
        code = "".join(f"line_{n} = {n}\n" for n in range(1, lines + 1))
        live.receive(states.attempt_events(run, states.failed("scaling"), code=code))
    app = Viewing(live)
    async with app.run_test(size=(120, 40)) as pilot:

        def is_seen_whole(size: tuple[int, int], lines: int, under: bool) -> bool:
            width = app.view.detail.outer_size.width
            return f"line_{lines} = {lines}" in app.text and (width == size[0]) is under

        await until(pilot, lambda: is_seen_whole((120, 40), 10, under=True))
        await pilot.press("2")
        await until(pilot, lambda: app.view.detail.outer_size.width < 120)
        await pilot.press("1")
        for size, lines, under in layouts:
            await pilot.resize_terminal(*size)
            await until(
                pilot,
                lambda size=size, lines=lines, under=under: is_seen_whole(size, lines, under),  # type: ignore[misc]
            )
            await pilot.press("J")


async def test_where_there_is_room_words_stand_beside_the_mask_and_the_scale_beside_the_expected() -> None:
    app = Viewing(telling_run(), 1)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "◂   25% of these 16 × 64 dropped" in app.text)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "input  expected   got" in app.text)
        (line,) = (line for line in app.text.splitlines() if "input  expected   got" in line)
        assert "███" in line
        for words in ("×2 expected", "▲", "101 survivors, ×0.9 to ×2.1", "✗  0.71      1.42  0.71"):
            assert words in app.text, words


async def test_a_conversation_has_the_whole_width_of_a_small_terminal() -> None:
    app = Viewing(failing_run(), 1)
    async with app.run_test(size=(60, 20)) as pilot:
        for size, whole in (((60, 20), True), ((80, 24), False)):
            await pilot.resize_terminal(*size)
            await pilot.press("2")
            await until(pilot, lambda: app.view.query(ConversationView))
            await until(
                pilot,
                lambda size=size, whole=whole: (app.view.tabs.outer_size.width == size[0]) is whole,  # type: ignore[misc]
            )
            await pilot.press("tab", "tab")
            await until(pilot, lambda: "✗ Edge cases" in app.text)


def test_a_measured_value_without_room_is_cut_and_not_left_out() -> None:
    check = Check("scaling", "Scaling", CheckStatus.FAILED, "m", measured="×1.00 and ×3.00", expected="×2.00")

    def line(room: int) -> str:
        return check_lines([check], room=room)[0].plain

    assert line(40) == "✗ Scaling  ×1.00 and ×3.00  (×2.00)"
    assert line(34) == "✗ Scaling  ×1.00 and ×3.00"
    assert line(18) == "✗ Scaling  ×1.00 …"
    assert line(14) == "✗ Scaling  ×1…"
    assert line(12) == "✗ Scaling"
