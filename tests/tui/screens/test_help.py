"""The help: keys in one column, their words in another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.help import KEYS_WIDTH, HelpLine, HelpScreen, wrapped
from tests.tui.gallery_trial import StoredConversations
from tests.tui.looking import text_on_screen, until
from tests.tui.states import live_evaluation

LINES = st.lists(
    st.builds(
        HelpLine,
        st.sampled_from(["r", "space", "h f3"]),
        st.sampled_from(["Go", "Stop the run; it is void"]),
        st.booleans(),
    )
)


@given(LINES, st.integers(KEYS_WIDTH + 10, 200))
def test_words_stay_in_their_column_and_none_is_lost(lines: list[HelpLine], width: int) -> None:
    drawn = [line.plain for line in wrapped(lines, width)]
    assert all(len(line) <= width for line in drawn)
    assert " ".join(line[KEYS_WIDTH:].strip() for line in drawn) == " ".join(line.tooltip for line in lines)
    assert [keys for line in drawn if (keys := line[:KEYS_WIDTH].strip())] == [line.keys for line in lines]


class Helped(App[None]):
    """The help over a dashboard."""

    def __init__(self) -> None:
        super().__init__()
        self.dashboard = DashboardScreen(
            live_evaluation(runs=2, trials=[Outcome.PASSED]), StoredConversations(), clock=lambda: 0.0
        )

    def on_mount(self) -> None:
        self.push_screen(self.dashboard)


@asynccontextmanager
async def helped(size: tuple[int, int] = (100, 90)) -> AsyncIterator[tuple[Helped, Pilot[None]]]:
    app = Helped()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.push_screen(HelpScreen(app.screen))
        await until(
            pilot, lambda: isinstance(app.screen, HelpScreen) and "This screen" in text_on_screen(app)
        )
        yield app, pilot


async def search(pilot: Pilot[None], words: str) -> None:
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    await pilot.press(*("space" if letter == " " else letter for letter in words))


SEARCHES = [
    ("MARK", ["Mark every run that is shown", "Marked with m"], ["Order the runs", "This screen\n"]),
    ("next column", ["Order the runs by the next column"], ["Mark every run", "The pane you are in"]),
    ("reply:", ["reply:"], ["This screen", "Mark every"]),
    ("[/red]", ["Nothing here says that; esc shows all."], ["This screen", "Dashboard ╭"]),
]
"""What is sought, what is there then, and what is gone."""


async def test_the_keys_stand_in_sections_and_a_search_leaves_what_says_all_of_its_words() -> None:
    async with helped() as (app, pilot):

        def says(there: Sequence[str], but_not: Sequence[str] = ()) -> bool:
            shown = text_on_screen(app)
            return all(text in shown for text in there) and not any(text in shown for text in but_not)

        titles = ("This screen", "The pane you are in", "The runs")
        shown = text_on_screen(app)
        sections = [shown.index(title) for title in titles]
        assert sections == sorted(sections)
        assert (
            shown.index("Show only the runs that say")
            < sections[1]
            < shown.index("Mark every run that is shown")
        )
        for words, there, gone in SEARCHES:
            await pilot.press("slash")
            await until(pilot, lambda: isinstance(app.focused, Input))
            app.screen.query_one(Input).value = words
            await until(pilot, lambda there=there, gone=gone: says(there, but_not=gone))  # type: ignore[misc]
            await pilot.press("escape")
            await until(pilot, lambda: says(titles))


async def test_escape_ends_the_search_and_then_the_help() -> None:
    async with helped((80, 24)) as (app, pilot):
        before = text_on_screen(app)
        await search(pilot, "q?j")
        await until(pilot, lambda: "Nothing here says that" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: text_on_screen(app) == before)
        await pilot.press("slash", "m", "enter", "G", "g")
        await pilot.press("escape")
        await until(pilot, lambda: text_on_screen(app) == before)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.dashboard)
