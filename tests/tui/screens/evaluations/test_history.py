"""The history: a real store, the keys and the mouse."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from dropout_core.state.trial_state import Phase
from dropout_core.storage.lease import EvaluationBusy, Lease
from dropout_core.storage.store import Store
from dropout_core.values.annotation import Annotation, AnnotationChange
from dropout_core.verdict.verdict import Outcome
from dropout_tui.app.dropout_app import DropoutApp
from dropout_tui.app.palette.actions import ActionCommands
from dropout_tui.app.startup import StartPoint
from dropout_tui.cli import main
from dropout_tui.presenters.evaluations.command_refusal import FOLLOWED
from dropout_tui.presenters.evaluations.stored_commands import PRESS_START, start
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.screens.confirm import ConfirmScreen
from dropout_tui.screens.evaluations.annotation import AnnotationScreen
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.evaluations.reopened import ReopenedScreen
from dropout_tui.screens.trial.screen import TrialScreen
from dropout_tui.widgets.key_line import hints_of
from tests.core.storage.test_lease import held_by_another_program
from tests.tui.looking import text_on_screen, until
from tests.tui.states import HOSTILE_TEXTS, T0, attempt_events, failed
from tests.tui.stored import Recorded, full, many, stored, varied


class Showing(App[None]):
    def __init__(self, store: Store, program: Recorded, undo_seconds: float = 600.0) -> None:
        super().__init__()
        self.store = store
        self.program = program
        self.undo_seconds = undo_seconds
        self._said: list[str] = []

    def on_mount(self) -> None:
        self.push_screen(
            HistoryScreen(self.store, self.program, clock=lambda: T0 + 9e5, undo_seconds=self.undo_seconds)
        )

    @property
    def history(self) -> HistoryScreen:
        return next(screen for screen in self.screen_stack if isinstance(screen, HistoryScreen))

    @property
    def listed(self) -> list[int]:
        return [row.number for row in self.history.table._rows]

    @property
    def selected(self) -> int | None:
        row = self.history.table.selected
        return None if row is None else row.number

    def notify(self, message: str, **how: Any) -> None:
        self._said.append(message)
        super().notify(message, **how)

    @property
    def toasts(self) -> str:
        """What was said so far; on a slow machine the first is gone from the screen before the last comes."""
        return "\n".join(self._said)


def offered(app: Showing) -> set[str]:
    """What the line of keys offers."""
    return {hint.description for hint in hints_of(app.screen)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "store.sqlite3")
    yield one
    one.close()


@asynccontextmanager
async def showing(
    store: Store,
    size: tuple[int, int] = (120, 40),
    open_number: int | None = None,
    undo_seconds: float = 600.0,
) -> AsyncIterator[tuple[Showing, Pilot[None]]]:
    app = Showing(store, Recorded(open_number), undo_seconds)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await until(pilot, lambda: app.history._rows is not None)
        yield app, pilot


async def test_the_newest_comes_first_with_everything_a_line_has_and_the_detail_follows_the_keys(
    store: Store,
) -> None:
    varied(store)
    async with showing(store, open_number=8) as (app, pilot):
        assert app.listed == [9, 8, 7, 6, 5, 4, 3, 2, 1]
        text = text_on_screen(app)
        assert "claude-haiku-4-5" in text
        assert all(word in text for word in ("◌ interrupted", "● open here", "■ completed", "▲ above band"))
        (line,) = [line for line in text.splitlines() if "28/100" in line]
        assert "28 %" in line
        assert "20–37" in line
        assert "explicit · basic · answer" in line
        for key, number in (
            ("j", 8),
            ("down", 7),
            ("k", 8),
            ("G", 1),
            ("up", 2),
            ("g", 9),
            ("end", 1),
            ("home", 9),
        ):
            await pilot.press(key)
            assert app.selected == number
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: "interrupted: 401 invalid x-api-key" in text_on_screen(app))

        # A wide list says it in the line.
        await pilot.resize_terminal(200, 60)
        said = "◌ interrupted: 401 invalid x-api-key; check ANTHROPIC_API_KEY"
        await until(pilot, lambda: any(said in line for line in text_on_screen(app).splitlines()[:12]))


async def test_what_was_quit_midway_is_judged_as_the_evaluation_judged_itself(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    passed = [Outcome.PASSED] * 30
    stored(store, [Phase.REPLYING, *passed], ended="interrupted")
    stored(store, [*passed, Phase.REPLYING], ended="interrupted")
    assert [str(store.state(number).decision) for number in (1, 2)] == ["undecided", "above"]
    async with showing(store) as (app, pilot):
        above, undecided = (line for line in text_on_screen(app).splitlines() if "30/30" in line)
        assert "▲ above band" in above
        assert "? undecided" in undecided
        assert "by the first" not in text_on_screen(app)
        await pilot.press("j")
        assert "? undecided by the first 0" in text_on_screen(app)
    assert main(["history", "--json", "--store", str(store.path)]) == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], one["decision"]) for one in said] == [(2, "above"), (1, "undecided")]


async def test_searching_as_one_types_and_what_a_search_looks_through(store: Store) -> None:
    varied(store)
    async with showing(store) as (app, pilot):
        await pilot.press("slash", *"HAIKU")
        assert app.listed == [9, 5, 4, 3, 2, 1]
        await pilot.press("space", *"interr")
        assert app.listed == [9, 5, 4]
        assert "3 of 9 evaluations" in text_on_screen(app)
        await pilot.press("enter", "j")
        assert app.selected == 5
        await pilot.press("slash")
        for search, numbers in (
            ("#7", [7]),
            ("strict", [6]),
            ("agent", [7]),
            ("above", [6]),
            ("short.txt", [7]),
            ("strict | agent", [7, 6]),
            ("#3|#4|#5 !interrupted", [3]),
            ('"explicit basic agent"', []),
        ):
            app.history.search.value = search
            await until(pilot, lambda numbers=numbers: app.listed == numbers)  # type: ignore[misc]
        await until(pilot, lambda: "No evaluation matches" in text_on_screen(app))
        await pilot.press("enter", "enter", "d", "c", "space", "s")
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("escape")
        assert len(app.listed) == 9
        await pilot.press("escape")
        assert not isinstance(app.screen, HistoryScreen)


async def test_an_evaluation_is_reopened_with_everything_it_had(store: Store) -> None:
    varied(store)
    async with showing(store) as (app, pilot):
        await pilot.press("j", "j", "j", "j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await until(pilot, lambda: "28 of 100" in text_on_screen(app))
        await pilot.press("j", "j", "enter")
        assert isinstance(app.screen, TrialScreen)
        await pilot.press("2")
        await until(pilot, lambda: "Here is an implementation" in text_on_screen(app))
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, HistoryScreen)
        assert app.selected == 3


async def test_an_interrupted_evaluation_is_resumed(store: Store) -> None:
    number = stored(store, [Outcome.PASSED, Phase.REPLYING], runs=5, ended=None)
    async with showing(store) as (app, pilot):
        await pilot.press("s")
        assert app.program.asked == [(number, start)]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await until(pilot, lambda: "stopped" in text_on_screen(app))
        assert "● replying" not in text_on_screen(app)
        await pilot.press("j", "space", "P", "x", "X", "plus")
        assert app.toasts == ""
        await pilot.press("r")
        assert app.toasts == PRESS_START
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrialScreen))
        await pilot.press("space")
        assert app.toasts == f"{PRESS_START}\n{PRESS_START}"
        await pilot.press("escape")
        await pilot.press("s")
        assert app.program.asked == [(number, start)] * 2


async def test_a_completed_one_can_only_be_rerun(store: Store) -> None:
    number = stored(store, [Outcome.PASSED, failed("rate")])
    async with showing(store) as (app, pilot):
        await pilot.press("s")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("s")
        assert app.program.asked == []
        await pilot.press("r")
        assert [asked for asked, _ in app.program.asked] == [number]


async def test_the_open_evaluation_is_returned_to(store: Store) -> None:
    stored(store, [Outcome.PASSED])
    async with showing(store, open_number=1) as (app, pilot):
        await pilot.press("enter")
        await pilot.pause()
        assert app.program.shown == 1
        await pilot.press("d")
        assert "open in this program" in app.toasts


async def test_deleting_asks_first_and_undoing_it_restores_everything(store: Store) -> None:
    varied(store)
    before = store.history()
    async with showing(store) as (app, pilot):
        assert "Undo" not in offered(app)
        await pilot.press("j", "d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "Delete evaluation 8 of sample with 10 graded runs" in text_on_screen(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        assert len(store.history()) == 9
        await pilot.press("space", "d", "y")
        await until(pilot, lambda: app.listed == [9, 7, 6, 5, 4, 3, 2, 1])
        assert app.selected == 7
        assert app.history.table.marked == ()
        assert "Evaluation 8 is deleted. u brings it back." in app.toasts
        await pilot.press("d", "y")
        await until(pilot, lambda: app.listed == [9, 6, 5, 4, 3, 2, 1])
        await until(pilot, lambda: "Undo" in offered(app))
        with pytest.raises(EvaluationBusy):
            Lease(store.path, 7)
        await pilot.press("u")
        await until(pilot, lambda: app.listed == [9, 7, 6, 5, 4, 3, 2, 1])
        assert "Evaluation 7 is back." in app.toasts
        await pilot.press("u", "u")
        await until(pilot, lambda: app.listed == [9, 8, 7, 6, 5, 4, 3, 2, 1])
        await until(pilot, lambda: "Undo" not in offered(app))
        Lease(store.path, 7).release()
    assert store.history() == before


async def test_what_was_deleted_leaves_the_store_when_its_time_is_over(store: Store) -> None:
    varied(store)
    async with showing(store, undo_seconds=0.01) as (app, pilot):
        await pilot.press("d", "y")
        await until(
            pilot, lambda: [summary.number for summary in store.history()] == [8, 7, 6, 5, 4, 3, 2, 1]
        )
        await until(pilot, lambda: "Undo" not in offered(app))
        await pilot.press("u")
        assert app.listed == [8, 7, 6, 5, 4, 3, 2, 1]


async def test_a_deletion_is_done_by_whoever_left_the_history_meanwhile(store: Store) -> None:
    varied(store)
    async with showing(store, undo_seconds=0.2) as (app, pilot):
        await pilot.press("d", "y")
        await until(pilot, lambda: 9 not in app.listed)
        await pilot.press("escape")
        await until(pilot, lambda: len(store.history()) == 8)


async def test_closing_the_program_completes_what_was_deleted(tmp_path: Path) -> None:
    store = full(tmp_path / "store.sqlite3")
    app = DropoutApp(lambda: StartPoint(store, LaunchForm("sample")))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.store is not None)
        await pilot.press("f3")
        await until(
            pilot, lambda: isinstance(app.screen, HistoryScreen) and app.screen.table.selected is not None
        )
        history = app.screen
        assert isinstance(history, HistoryScreen)
        await pilot.press("d", "y")
        await until(pilot, lambda: 9 not in [row.number for row in history.table._rows])
        assert len(store.history()) == 9
    assert len(store.history()) == 8
    store.close()


async def test_what_another_program_runs_is_marked_and_not_deleted(store: Store) -> None:
    stored(store, [Outcome.PASSED], runs=3, ended=None)
    with held_by_another_program(store.path, 1):
        async with showing(store) as (app, pilot):
            assert "● elsewhere" in text_on_screen(app)
            await pilot.press("d", "s")
            assert "being run by another program" in app.toasts
            assert app.program.asked == []
    assert len(store.history()) == 1


async def test_an_evaluation_resumed_just_now_is_not_deleted(store: Store) -> None:
    stored(store, [Outcome.PASSED])
    async with showing(store) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        lease = Lease(store.path, 1)
        await pilot.press("y")
        await until(pilot, lambda: "being run" in app.toasts)
        lease.release()
    assert len(store.history()) == 1


async def test_what_runs_elsewhere_is_followed_until_it_ends(store: Store) -> None:
    number = stored(store, [Outcome.PASSED], runs=3, ended=None)
    with held_by_another_program(store.path, number):
        async with showing(store) as (app, pilot):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
            await until(pilot, lambda: "1 of 1" in text_on_screen(app))
            for key in ("x", "r", "R", "X", "P", "plus", "s", "space"):
                await pilot.press(key)
            assert set(app.toasts.splitlines()) == {FOLLOWED}
            assert len(app._notifications) <= 1  # said again, it takes the place of what was said
            assert isinstance(app.screen, ReopenedScreen)
            assert not {"Rerun", "Cancel", "Pause all"} & offered(app)
            palette = {hit.text async for hit in ActionCommands(app.screen).discover()}
            assert "Filter" in palette
            assert not {"Rerun", "Cancel", "Pause all", "Rerun all"} & palette
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, TrialScreen))
            await pilot.press("x", "r", "space")
            assert set(app.toasts.splitlines()) == {FOLLOWED}
            assert len(app._notifications) <= 1  # said again, it takes the place of what was said
            assert not {"Rerun", "Cancel", "Pause"} & offered(app)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
            other = Store(store.path)
            other.append(number, attempt_events(2, failed("scaling")))
            other.close()
            await until(pilot, lambda: "1 of 2" in text_on_screen(app))


async def test_once_the_other_program_is_done_the_keys_work_here(store: Store) -> None:
    number = stored(store, [Outcome.PASSED], runs=1, ended=None)
    with ExitStack() as other:
        other.enter_context(held_by_another_program(store.path, number))
        async with showing(store) as (app, pilot):
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
            other.close()
            await until(pilot, lambda: "is done with this evaluation" in app.toasts)
            await until(pilot, lambda: "Rerun" in offered(app))
            await pilot.press("r")
            assert [asked for asked, _ in app.program.asked] == [number]


async def test_two_marks_are_compared_and_more_are_ranked(store: Store) -> None:
    varied(store)
    async with showing(store) as (app, pilot):
        await pilot.press("c")
        assert isinstance(app.screen, HistoryScreen)
        await pilot.press("j", "space", "j", "m")
        assert app.history.table.marked == (8, 7)
        await pilot.press("c")
        await until(pilot, lambda: "A #8 with B #7" in text_on_screen(app))
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("t")
        await until(pilot, lambda: "A #7 with B #8" in text_on_screen(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.history.table.marked == (7, 8))
        await pilot.press("c", "t", "escape")
        await until(pilot, lambda: app.history.table.marked == (8, 7))
        await pilot.press("space", "j", "j", "space", "c")
        await until(pilot, lambda: "A #8 with B #5" in text_on_screen(app))
        await pilot.press("escape", "k", "space")
        await until(pilot, lambda: app.history.table.marked == (8, 5, 6))
        assert text_on_screen(app).count("◆") == 3
        await pilot.press("c")
        await until(pilot, lambda: "Ranking  3 evaluations" in text_on_screen(app))
        await pilot.press("escape", "M")
        await until(pilot, lambda: len(app.history.table.marked) == 9)
        await pilot.press("M")
        await until(pilot, lambda: app.history.table.marked == ())


async def test_the_mouse_selects_marks_and_opens(store: Store) -> None:
    varied(store)
    async with showing(store) as (app, pilot):
        await pilot.click("EvaluationTable", offset=(30, 4))
        assert app.selected == 6
        await pilot.click("EvaluationTable", offset=(1, 2))
        await pilot.click("EvaluationTable", offset=(1, 1))
        assert app.history.table.marked == (8, 9)
        await pilot.click("EvaluationTable", offset=(30, 0))
        await pilot.click("EvaluationTable", offset=(30, 25))
        assert app.selected == 9
        await pilot.click("EvaluationTable", offset=(30, 1))
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))


@pytest.mark.timeout(600)  # many keys, each as slow as the machine is busy
@pytest.mark.parametrize(
    "sizes",
    [((20, 5), (200, 60)), pytest.param(((60, 20), (80, 24)), marks=pytest.mark.long_run)],
)
async def test_any_size_of_terminal(store: Store, sizes: tuple[tuple[int, int], ...]) -> None:
    varied(store)
    async with showing(store, size=sizes[0]) as (app, pilot):
        for size in sizes:
            await pilot.resize_terminal(*size)
            await pilot.press("g")
            await until(pilot, lambda: "9" in text_on_screen(app))
            await pilot.press("slash", "x", "escape", "G")
            if not app.history.table.marked:
                await pilot.press("space")
            await pilot.press("k", "c")
            await until(pilot, lambda: isinstance(app.screen, CompareScreen))
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, HistoryScreen))


async def test_an_evaluation_is_named_while_another_program_runs_it_and_found_by_that(store: Store) -> None:
    varied(store)
    async with showing(store, size=(120, 30)) as (app, pilot):

        def names() -> bool:
            return isinstance(app.screen, AnnotationScreen) and getattr(app.focused, "id", "") == "name"

        lease = Lease(store.path, 9)
        await pilot.press("t")
        await until(pilot, names)
        await pilot.press(*"12", "enter")
        await until(pilot, lambda: "✗ a number is no name" in text_on_screen(app))
        await pilot.press(*"[/x]", "tab", *"night,base", "tab", *"Terse, again", "enter")
        await until(pilot, lambda: "Evaluation 9: 12[/x] [night, base]" in text_on_screen(app))
        lease.release()
        assert store.annotation(9) == Annotation("12[/x]", "Terse, again", ("night", "base"))
        assert "Terse, again" in text_on_screen(app)

        def found() -> bool:
            return app.listed == [9]

        for field, word in (("tag", "night"), ("note", "terse"), ("name", "x")):
            app.history.search.value = f"{field}:{word}"
            await until(pilot, found)
            app.history.search.value = f"{field}:{word} {field}:elsewhere"
            await until(pilot, lambda: app.listed == [])
        app.history.search.value = "again !tag:none"
        await until(pilot, found)
        await pilot.press("t")
        await until(pilot, names)
        # What is not touched stays, although another program has changed it meanwhile.
        store.annotate(9, AnnotationChange(note="Elsewhere", add=("more",)))
        await pilot.press(*"!", "enter")
        await until(pilot, lambda: store.annotation(9).name == "12[/x]!")
        assert store.annotation(9) == Annotation("12[/x]!", "Elsewhere", ("night", "base", "more"))


async def test_text_of_strangers_stays_text(store: Store) -> None:
    for text in HOSTILE_TEXTS:
        stored(store, [failed("rate", reason=text)], model=text, prompt=text, prompt_text=text, ended=text)
    async with showing(store) as (app, pilot):
        for number in range(len(HOSTILE_TEXTS), 0, -1):
            await until(pilot, lambda number=number: app.selected == number)  # type: ignore[misc]
            assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(text_on_screen(app))
            await pilot.press("j")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, marks=() if "\x1b" in text or "\ud800" in text else pytest.mark.long_run)
        for text in HOSTILE_TEXTS
    ],
)
async def test_text_of_strangers_stays_text_in_all_that_is_done_with_it(store: Store, text: str) -> None:
    stored(store, [Outcome.PASSED, failed("rate", reason=text)], model=text, prompt=text, prompt_text=text)
    stored(store, [failed("rate", reason=text)], ended=text, base_url=text)
    async with showing(store) as (app, pilot):
        assert "\x1b" not in text_on_screen(app)
        await pilot.press("j", "space", "k", "c")
        await until(pilot, lambda: "A #1 with B #2" in text_on_screen(app))
        assert "\x1b" not in text_on_screen(app)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ReopenedScreen))
        await pilot.press("escape", "escape", "d")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert "\x1b" not in text_on_screen(app)
        await pilot.press("y")
        await until(pilot, lambda: app.listed == [1])


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.long_run)])
async def test_many_evaluations(store: Store, count: int) -> None:
    many(store, count, trials=2)
    async with showing(store) as (app, pilot):
        assert len(app.listed) == count
        await pilot.press("G")
        await until(pilot, lambda: "▌     1" in text_on_screen(app))
        assert app.selected == 1
        await pilot.press("slash", *f"#{count}")
        assert app.listed == [count]


async def test_an_empty_store_says_so(store: Store) -> None:
    async with showing(store) as (app, pilot):
        assert "No evaluations yet" in text_on_screen(app)
        await pilot.press("enter", "space", "d", "c", "s", "j", "G")
        assert isinstance(app.screen, HistoryScreen)


async def test_a_store_that_cannot_be_read_is_said_in_one_line(store: Store) -> None:
    varied(store)
    async with showing(store) as (app, pilot):
        store.close()
        await pilot.press("enter")
        await until(pilot, lambda: "cannot use the store" in app.toasts)
        assert isinstance(app.screen, HistoryScreen)


async def test_names_of_models_that_differ_at_their_end_are_told_apart(store: Store) -> None:
    longest = "an-organisation/a-model-of-a-very-long-name-instruct-2025-09-29"
    for model in ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20251101"):
        stored(store, [Outcome.PASSED], model=model)
    sizes = ((80, 24), (120, 40), (200, 60))
    async with showing(store, size=sizes[0]) as (app, pilot):
        for size in sizes:
            await pilot.resize_terminal(*size)
            # In its line, and in the detail.
            await until(pilot, lambda: text_on_screen(app).count("claude-sonnet-4-5-20251101") == 2)
            assert text_on_screen(app).count("claude-sonnet-4-5-20250929") == 1
        stored(store, [Outcome.PASSED], model=longest)
        app.history.on_screen_resume()
        await until(pilot, lambda: len(app.listed) == 3)
        await pilot.press("g")
        for size in sizes:
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: longest in text_on_screen(app))
            assert re.search(r"an-organis\S*…\S*ct-2025-09-29", text_on_screen(app))
