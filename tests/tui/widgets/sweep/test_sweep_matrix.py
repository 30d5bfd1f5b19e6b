"""The matrix of a sweep on a terminal of each size."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.sweep.cell_figures import figures_of
from dropout_tui.presenters.sweep.live_sweep import LiveSweep
from dropout_tui.presenters.sweep.matrix_layout import matrix_layout
from dropout_tui.widgets.sweep.sweep_matrix import SweepMatrix
from tests.tui.looking import text_on_screen, until
from tests.tui.sweeps import INSIDE, evaluation, mixed, place, sweep_of

PROMPTS = ("plain", "terse", "[b]mine", "漢字漢字漢字漢字漢字漢字.txt")
SUITES = ("basic", "strict", "hard")


def twenty_four() -> LiveSweep:
    state = evaluation(INSIDE).state
    cells = {
        place(prompt, suite, temperature=temperature): LiveEvaluation(1, state)
        for temperature in ("0", "1")
        for prompt in PROMPTS
        for suite in SUITES
    }
    return sweep_of(cells)


class Matrix(App[None]):
    def __init__(self, sweep: LiveSweep) -> None:
        super().__init__()
        self.sweep = sweep
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield SweepMatrix(matrix_layout(self.sweep.cells))

    def on_mount(self) -> None:
        self.matrix.focus()
        self.matrix.show(list(map(figures_of, self.sweep.cells)))

    @property
    def matrix(self) -> SweepMatrix:
        return self.query_one(SweepMatrix)

    def on_sweep_matrix_highlighted(self, event: SweepMatrix.Highlighted) -> None:
        self.told.append(event.index)

    def on_sweep_matrix_opened(self, event: SweepMatrix.Opened) -> None:
        self.told.append(("open", event.index))


def rates_on_screen(app: Matrix) -> int:
    return text_on_screen(app).count("▶ 25 % (18–33)")


async def moved(pilot: Pilot[None], app: Matrix, keys: str, index: int) -> None:
    await pilot.press(*keys)
    await until(pilot, lambda: app.matrix.index == index)


async def test_24_cells_scroll_on_a_small_terminal_and_all_stand_on_a_large_one() -> None:
    app = Matrix(twenty_four())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: rates_on_screen(app) == 16)
        assert "[b]mine" in text_on_screen(app)
        first = text_on_screen(app)
        await moved(pilot, app, "Gll", 23)
        await until(pilot, lambda: text_on_screen(app) != first)
        assert "temperature 1" in text_on_screen(app)
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: rates_on_screen(app) == 24)
        for line in text_on_screen(app).splitlines():
            assert not line.strip() or "▶" not in line or line.count("▶") == 3


async def test_the_cursor_moves_over_cells_and_opens_one_by_key_and_by_mouse() -> None:
    app = Matrix(mixed())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "30/120" in text_on_screen(app))
        assert app.matrix.index == 0
        await moved(pilot, app, "jl", 4)
        await moved(pilot, app, "k", 3)
        await moved(pilot, app, "kh", 0)
        await moved(pilot, app, "Gl", 5)
        await moved(pilot, app, "g", 3)
        await pilot.press("enter")
        await until(pilot, lambda: app.told[-1] == ("open", 3))
        lines = text_on_screen(app).splitlines()
        row = next(number for number, line in enumerate(lines) if "30/120" in line)
        at = (lines[row].index("30/120"), row)
        await pilot.click(SweepMatrix, offset=at)
        await until(pilot, lambda: app.matrix.index == 1)
        assert ("open", 1) not in app.told
        await pilot.click(SweepMatrix, offset=at)
        await until(pilot, lambda: app.told[-1] == ("open", 1))


async def test_where_one_column_is_wide_enough_a_cell_takes_one_line() -> None:
    state = evaluation(INSIDE).state
    sweep = sweep_of({place("plain", suite): LiveEvaluation(1, state) for suite in SUITES})
    app = Matrix(sweep)
    async with app.run_test(size=(80, 10)) as pilot:
        await until(pilot, lambda: text_on_screen(app).count("scaling 90") == 3)
        (line,) = (line for line in text_on_screen(app).splitlines() if "hard" in line)
        for said in ("▶ ✓ in band", "25 % (18–33)", "30/120", "scaling 90"):
            assert said in line
