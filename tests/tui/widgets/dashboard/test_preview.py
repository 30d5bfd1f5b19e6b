"""The preview follows a reply as it arrives and then shows the code with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual import getters
from textual.app import App, ComposeResult

from dropout_core.state.trial_state import Phase, Status, TrialState
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Outcome
from dropout_tui.text.sanitize import visible_line
from dropout_tui.widgets.dashboard.arriving_text import ArrivingText
from dropout_tui.widgets.dashboard.preview import Preview
from dropout_tui.widgets.trial.code_view import CodeLines
from tests.tui.looking import text_on_screen
from tests.tui.states import HOSTILE_TEXTS, Ending, evaluation_state, failed, verdict, void


class PreviewApp(App[None]):
    preview = getters.query_one(Preview)
    prose = getters.query_one(ArrivingText)

    def compose(self) -> ComposeResult:
        yield Preview()


def trial(ending: Ending, number: int = 1) -> TrialState:
    return replace(evaluation_state(runs=1, trials=[ending]).trial(1), number=number)


LONG = "\n".join(f"line {n}" for n in range(100))


SHOWN: tuple[tuple[Ending, str, list[str]], ...] = (
    (Status.QUEUED, "", ["○ queued", "Waits for a free slot."]),
    (Phase.ASKING, "", ["● asking", "nothing has arrived yet"]),
    (Phase.WAITING, "", ["● waiting", "Waits to be sent again: API rate limited."]),
    (Phase.REPLYING, "Here is some code", ["● replying", "Here is some code"]),
    (Phase.TOOL, "", ["● tool", "Step 1: a tool runs."]),
    (Phase.GRADING, "", ["● grading", "being graded", "def dropout"]),
    (Status.PAUSED, "", ["‖ paused", "holds no slot"]),
    (verdict(), "", ["✓ passed", "All tests passed!", "np.zeros_like"]),
    (
        failed(),
        "",
        ["✗ failed", "Non-zero values are not scaled", "Scaling: ×1.00, expected ×2.00", "1 import"],
    ),
    (
        replace(verdict(), flags=(Flag("gc", "looks for objects ([b]gc[/])", 2),)),
        "",
        ["✓ passed", "⚑ line 2: looks for objects ([b]gc[/])", "1 import"],
    ),
    (void("API overloaded"), "", ["⊘ void", "API overloaded", "left out of the pass rate"]),
    (
        verdict(Outcome.FAILED, cause="no_code", reason="No code in the reply"),
        "",
        ["No code in the reply"],
    ),
)


async def test_what_is_shown_of_a_trial() -> None:
    app = PreviewApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for number, (ending, arriving, expected) in enumerate(SHOWN, start=1):
            app.preview.show(trial(ending, number), arriving)
            await pilot.pause()
            seen = text_on_screen(app)
            words = [*expected, f"Run {number} "]
            assert [word for word in words if word not in seen] == []


async def test_growing_text_is_followed_unless_the_reader_scrolls_up() -> None:
    app = PreviewApp()
    async with app.run_test(size=(60, 12)) as pilot:
        replying = trial(Phase.REPLYING)
        app.preview.show(replying, LONG)
        await pilot.pause()
        assert "line 99" in text_on_screen(app)
        app.preview.show(replying, f"{LONG}\nand more")
        await pilot.pause()
        assert "and more" in text_on_screen(app)
        app.prose.focus()
        await pilot.press("home")
        app.preview.show(replying, f"{LONG}\nand more\nand still more")
        await pilot.pause()
        assert app.prose.scroll_offset.y == 0
        await pilot.press("G")
        app.preview.show(replying, f"{LONG}\nto the end")
        await pilot.pause()
        assert "to the end" in text_on_screen(app)


async def test_another_trial_begins_afresh() -> None:
    app = PreviewApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.preview.show(trial(Phase.REPLYING), LONG)
        await pilot.pause()
        app.prose.focus()
        await pilot.press("home")
        app.preview.show(trial(Phase.REPLYING, number=2), LONG)
        await pilot.pause()
        assert "line 99" in text_on_screen(app)
        app.preview.show(trial(void(LONG), number=3), "")
        await pilot.pause()
        assert app.prose.scroll_offset.y == 0


async def test_a_reply_becomes_its_code() -> None:
    app = PreviewApp()
    async with app.run_test(size=(60, 16)) as pilot:
        app.preview.show(trial(Phase.REPLYING), "Here is")
        await pilot.pause()
        app.preview.show(trial(verdict()), "")
        await pilot.pause()
        seen = text_on_screen(app)
        assert "Here is" not in seen
        assert "def dropout" in seen


async def test_the_same_again_touches_nothing() -> None:
    app = PreviewApp()
    async with app.run_test(size=(60, 16)) as pilot:
        replying = trial(Phase.REPLYING)
        app.preview.show(replying, "Here is")
        await pilot.pause()
        widgets = [app.preview, *app.preview.query("*")]
        app.preview.show(replying, "Here is")
        assert not any(widget._repaint_required or widget._layout_required for widget in widgets)
        app.preview.show(replying, "Here is more")
        assert any(widget._repaint_required for widget in widgets)


@pytest.mark.parametrize("size", [pytest.param((20, 5), marks=pytest.mark.long_run), (80, 24)])
async def test_hostile_text_is_only_text(size: tuple[int, int]) -> None:
    app = PreviewApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        for number, text in enumerate(HOSTILE_TEXTS, start=1):
            shown = (Phase.REPLYING, text), (void(text), ""), (failed("runs", reason=text), "")
            for ending, arriving in shown:
                app.preview.show(trial(ending, number), arriving)
                await pilot.pause()
                if size == (80, 24):
                    flat = " ".join(text_on_screen(app).split())
                    assert visible_line(text).split()[0] in flat


async def test_code_of_any_length_is_shown_in_part() -> None:
    app = PreviewApp()
    async with app.run_test(size=(60, 16)) as pilot:
        long = trial(verdict())
        assert long.latest is not None
        attempt = replace(long.latest, code="x = 1\n" * 100_000)
        app.preview.show(replace(long, attempts=(attempt,)), "")
        await pilot.pause()
        assert app.query_one(CodeLines).source.endswith("left out here")
