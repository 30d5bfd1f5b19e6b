"""Two evaluations side by side on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App
from textual.pilot import Pilot

from dropout_core.statistics.difference import difference
from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.text.words.comparison import points, signed
from dropout_tui.widgets.evaluations.rate_comparison import difference_axis
from tests.tui.looking import text_on_screen, until
from tests.tui.states import failed
from tests.tui.stored import stored, varied

counts = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


class Showing(App[None]):
    def __init__(self, store: Store, first: int, second: int) -> None:
        super().__init__()
        self.opened: list[int] = []
        self.compare = CompareScreen(store, first, second, open_one=self.opened.append)

    def on_mount(self) -> None:
        self.push_screen(self.compare)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "store.sqlite3")
    yield one
    one.close()


@asynccontextmanager
async def showing(
    store: Store, first: int, second: int, size: tuple[int, int] = (120, 50)
) -> AsyncIterator[tuple[Showing, Pilot[None]]]:
    app = Showing(store, first, second)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: f"A #{first} with B #{second}" in text_on_screen(app))
        yield app, pilot


async def test_rates_checks_settings_and_prompts(store: Store) -> None:
    varied(store)
    async with showing(store, 9, 7) as (app, _):
        text = text_on_screen(app)
        assert "▼ B is lower by 40 points, 95 % interval −77 … −7" in text
        (line,) = [line for line in text.splitlines() if "Edge cases" in line]
        assert " ".join(line.strip("│ ").split()) == "Edge cases 1/5 20 % 8/8 100 % +80 27 … 96 ▲ fails more"
        (line,) = [line for line in text.splitlines() if "Scaling" in line]
        assert "? too early" in line
        assert "claude-haiku-4-5 → my-model" in text
        assert "+In NumPy." in text
        assert "-Implement dropout. Be brief." in text
        assert "Not every run has ended" in text


async def test_what_is_the_same_says_so(store: Store) -> None:
    for _ in range(2):
        stored(store, [Outcome.PASSED] * 3)
    async with showing(store, 1, 2) as (app, _):
        text = text_on_screen(app)
        assert "A and B passed equally often" in text
        assert "too early to say" in text
        assert "no check failed in either" in text
        assert "all the same" in text
        assert "the same, letter by letter" in text


async def test_nothing_graded_yet(store: Store) -> None:
    stored(store, [], runs=3, ended=None)
    stored(store, [failed("rate")])
    async with showing(store, 1, 2) as (app, _):
        assert "A has no graded run yet" in text_on_screen(app)
        assert "nothing graded" in text_on_screen(app)


async def test_sides_are_changed_and_opened(store: Store) -> None:
    varied(store)
    async with showing(store, 1, 3) as (app, pilot):
        await pilot.press("a", "b")
        assert app.opened == [1, 3]
        await pilot.press("t")
        await until(pilot, lambda: "A #3 with B #1" in text_on_screen(app))
        await pilot.press("a")
        assert app.opened == [1, 3, 3]
        await pilot.press("escape")
        assert app.screen is not app.compare


async def test_a_small_screen_scrolls(store: Store) -> None:
    varied(store)
    async with showing(store, 9, 7, size=(80, 24)) as (app, pilot):
        assert "+In NumPy." not in text_on_screen(app)
        await pilot.press("G")
        await until(pilot, lambda: "+In NumPy." in text_on_screen(app))
        await pilot.press("g")
        await until(pilot, lambda: "B is lower by 40 points" in text_on_screen(app))
        await pilot.press("j", "j")
        await until(pilot, lambda: app.compare.page.scroll_y == 2)


async def test_an_evaluation_deleted_meanwhile_is_reported(store: Store) -> None:
    varied(store)
    async with showing(store, 1, 3) as (app, pilot):
        store.delete(3)
        await pilot.press("t")
        await until(pilot, lambda: app.screen is not app.compare)
        said = "there is no evaluation 3"
        await until(pilot, lambda: any(said in notice.message for notice in app._notifications))


@given(counts, counts, st.integers(24, 200))
def test_the_difference_is_drawn_where_it_is(
    first: tuple[int, int], second: tuple[int, int], width: int
) -> None:
    found = difference(first, second)
    line = difference_axis(width, found).plain
    assert len(line) == width
    middle = (width - 1) // 2
    if found.estimate is None:
        assert line.replace("·", "") == "│"
        assert line[middle] == "│"
        return
    place = line.index("●")
    assert abs(place / (width - 1) * 2 - 1 - found.estimate) <= 1.01 / (width - 1)
    if found.interval[0] > 0.05:
        assert "├" not in line[:middle]


@pytest.mark.parametrize(
    ("fraction", "text", "with_sign"),
    [(0.124, "12", "+12"), (-0.5, "−50", "−50"), (0.001, "0", "0"), (-0.004, "0", "0"), (1.0, "100", "+100")],
)
def test_points(fraction: float, text: str, with_sign: str) -> None:
    from dropout_core.statistics.difference import Difference

    assert points(fraction) == text
    assert signed(Difference(fraction, (-1, 1))) == with_sign
