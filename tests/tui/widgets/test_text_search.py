"""Searching on a run's screen: all places are marked and counted, and one after the other is gone to."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.content import Content
from textual.pilot import Pilot

from dropout_core.state import events
from dropout_core.storage.store import Store
from dropout_core.values.conversation import Message, TextBlock, ThinkingBlock
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.text.search_matches import CURRENT, FOUND, line_holding, places_in, with_places
from tests.tui import states
from tests.tui.gallery_trial import AGENT_TURNS, HOSTILE_TURNS, RecordedCommands, StoredConversations
from tests.tui.looking import text_on_screen, until
from tests.tui.stored import stored

LONG_CODE = "def dropout(x, p, training):\n" + "".join(
    f"    if p == 0.{n}:  # {'needle ' * (n % 10 == 0)}{'x' * (n * 2)}Needle\n        return x\n"
    for n in range(1, 19)
)


def needles(code: str) -> int:
    return code.lower().count("needle")


class Viewing(App[None]):
    """A trial screen over the default one."""

    def __init__(
        self, code: str = LONG_CODE, source: StoredConversations | None = None, trials: int = 2
    ) -> None:
        super().__init__()
        self.commands = RecordedCommands()
        self.live = states.live_evaluation(
            runs=trials, trials=[states.failed("scaling")] * trials, commands=self.commands
        )
        self.live.state = states.evaluation_state(runs=trials, trials=[states.failed("scaling")] * trials)
        self.source = source or StoredConversations(
            {(1, 1): (*AGENT_TURNS, Message("assistant", (TextBlock(code),)))}
        )
        self.view = TrialScreen(self.live, 1, self.source, now=lambda: states.T0 + 60)
        self.code = code

    def on_mount(self) -> None:
        self.push_screen(self.view)

    @property
    def count(self) -> str:
        """What stands behind the line that is typed."""
        (line,) = [line for line in text_on_screen(self).splitlines() if line.startswith(" /")]
        return line.rpartition("  ")[2].strip()

    def marked(self) -> list[str]:
        """The words on screen that are marked as the current place."""
        found = []
        for strip in self.screen._compositor.render_strips():
            found += [
                segment.text
                for segment in strip
                if segment.style and segment.style.reverse and segment.style.bold
            ]
        return found


async def search(pilot: Pilot[None], words: str) -> None:
    await pilot.press("slash")
    await pilot.pause()
    await pilot.press(*("space" if letter == " " else letter for letter in words))
    await pilot.pause()


async def show_code(app: Viewing, pilot: Pilot[None]) -> None:
    await pilot.pause()
    app.view.code.show(app.code)
    await pilot.pause()


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
async def test_every_place_in_the_code_is_counted_and_gone_to_and_after_the_last_comes_the_first() -> None:
    app = Viewing()
    total = needles(LONG_CODE)
    async with app.run_test(size=(80, 24)) as pilot:
        await show_code(app, pilot)
        await search(pilot, "NEEDLE")
        await until(pilot, lambda: app.count == f"1 of {total}")
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is app.view.code.lines)
        seen = []
        for number in range(2, total + 1):
            await pilot.press("n")
            await until(pilot, lambda number=number: app.count == f"{number} of {total}")  # type: ignore[misc]
            await until(pilot, lambda: [word for word in app.marked() if word.lower() == "needle"])
            seen.append(app.view.code.lines.scroll_offset)
            if number == total // 2:
                await pilot.resize_terminal(120, 40)
        assert len(set(seen)) > 3
        await pilot.press("n")
        await until(pilot, lambda: app.count == f"1 of {total}")
        await pilot.press("N")
        await until(pilot, lambda: app.count == f"{total} of {total}")


async def test_escape_leaves_one_level_at_a_time_and_keys_are_letters_while_one_types() -> None:
    app = Viewing()
    async with app.run_test(size=(80, 24)) as pilot:
        # From the attempts one searches the code.
        await pilot.press("3")
        await until(pilot, lambda: app.view.tab == "attempts")
        await search(pilot, "mask")
        assert app.view.tab == "code"
        assert "of" in app.count
        await pilot.press("escape")
        await until(pilot, lambda: not app.view.search.is_on)

        # An empty search leaves nothing behind.
        await show_code(app, pilot)
        for key in ("enter", "tab", "escape"):
            await pilot.press("slash")
            await until(pilot, lambda: app.view.search.is_on)
            await pilot.press(key)
            await until(pilot, lambda: not app.view.search.is_on)
        assert app.screen is app.view

        await search(pilot, "xrn?q1/")
        assert app.count == "nothing found"
        assert app.commands.asked == []
        assert app.screen is app.view
        await pilot.press("escape")
        await until(pilot, lambda: not app.view.search.is_on)
        assert app.screen is app.view
        await search(pilot, "needle")
        await pilot.press("enter", "n", "n")
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: not app.view.search.is_on)
        assert "needle" not in map(str.lower, app.marked())
        assert app.screen is app.view
        await pilot.press("n")
        assert app.screen is app.view
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not app.view)


async def test_what_is_folded_in_a_conversation_is_found_and_a_place_stays_while_more_is_said() -> None:
    app = Viewing()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        view = app.view.conversation
        await until(pilot, lambda: view.turns)
        assert "ZeroDivisionError" not in text_on_screen(app)
        await search(pilot, "zerodivision")
        await until(pilot, lambda: app.count.startswith("1 of"))
        await until(pilot, lambda: "ZeroDivisionError" in text_on_screen(app))
        assert [word for word in app.marked() if word.lower() == "zerodivision"]
        await pilot.press("escape")
        await until(pilot, lambda: not app.view.search.is_on)

        before = view.turns
        await search(pilot, "needle")
        await pilot.press("enter", "n", "n")
        await until(pilot, lambda: app.count == f"3 of {needles(LONG_CODE)}")
        more = Message("assistant", (ThinkingBlock("one more needle"),))
        app.source.conversations[1, 1] = (*before, more)
        app.live.receive(
            [events.MessageAdded(at=states.T0 + 9, trial=1, attempt=1, position=99, message=more)]
        )
        await until(pilot, lambda: app.count == f"3 of {needles(LONG_CODE) + 1}")


async def test_side_by_side_code_and_conversation_are_searched_together() -> None:
    app = Viewing()
    async with app.run_test(size=(200, 60)) as pilot:
        await show_code(app, pilot)
        await until(pilot, lambda: app.view.conversation.turns)
        total = needles(LONG_CODE)
        await search(pilot, "needle")
        await pilot.press("enter")
        await until(pilot, lambda: app.count == f"1 of {2 * total}")
        await pilot.press("N")
        await until(pilot, lambda: app.count == f"{2 * total} of {2 * total}")
        assert app.view.code.lines.current_place is None
        assert app.view.conversation.current_place == total - 1


async def test_the_search_goes_along_to_another_tab_and_another_run(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    number = stored(store, [Outcome.PASSED, states.failed("scaling")])
    live = LiveEvaluation(number, store.state(number))
    app = Viewing()
    app.view = TrialScreen(live, 1, store, now=lambda: states.T0 + 60)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await search(pilot, "training")
        in_code = app.count
        await pilot.press("enter", "2")
        await until(pilot, lambda: app.view.conversation.turns and "found" in app.count)
        await pilot.press("n")
        await until(pilot, lambda: app.count.startswith("1 of"))
        await pilot.press("1", "right_square_bracket")
        await until(pilot, lambda: app.view.trial == 2 and "found" in app.count)
        assert in_code.startswith("1 of")
    store.close()


@pytest.mark.parametrize(
    "texts", [states.HOSTILE_TEXTS[::4], pytest.param(states.HOSTILE_TEXTS, marks=pytest.mark.long_run)]
)
async def test_hostile_words_are_only_words(texts: tuple[str, ...]) -> None:
    turns = (*HOSTILE_TURNS, *(Message("assistant", (TextBlock(text),)) for text in states.HOSTILE_TEXTS))
    app = Viewing(source=StoredConversations({(1, 1): turns}))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: app.view.conversation.turns)
        for text in texts:
            await pilot.press("slash")
            await until(pilot, lambda: app.view.search.is_on)
            app.view.search._input.value = text
            await pilot.pause()
            await pilot.press("enter", "n", "N", "escape")
            assert app.screen is app.view


async def test_a_dashboard_has_no_places_to_go_to() -> None:
    app = Viewing()
    async with app.run_test(size=(120, 40)) as pilot:
        await app.push_screen(DashboardScreen(app.live, app.source, clock=lambda: states.T0 + 60))
        await pilot.pause()
        await pilot.press("N")
        assert isinstance(app.screen, DashboardScreen)


TEXTS = st.text(st.sampled_from("ab xß\nİK"), max_size=60)


@given(TEXTS, st.text(st.sampled_from("ab xß"), max_size=3))
def test_places_hold_what_is_sought_and_do_not_overlap(text: str, sought: str) -> None:
    places = places_in(text, sought)
    assert all(text[start:end].lower() == sought.lower() for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    assert bool(places) == (bool(sought) and sought.lower() in text.lower())


@given(TEXTS, st.text(st.sampled_from("ab x"), min_size=1, max_size=3), st.integers(2, 12))
def test_the_line_that_holds_a_place_begins_it(text: str, sought: str, width: int) -> None:
    content = Content(text)
    lines = [line.plain for part in content.split("\n", allow_blank=True) for line in part.wrap(width)]
    for start, _ in places_in(text, sought):
        if not text[start].isspace():
            assert text[start] in lines[line_holding(lines, text, start)]


def test_the_current_place_is_marked_more_than_the_others() -> None:
    marked = with_places(Content("a b a"), places_in("a b a", "a"), 1)
    assert [(span.start, span.end, span.style) for span in marked.spans] == [(0, 1, FOUND), (4, 5, CURRENT)]
