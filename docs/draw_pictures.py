"""The pictures of the README, made by the program itself. Run ``python -m docs.draw_pictures`` to make them again.

The model is the built-in one, every seed is fixed, one run goes after the other and the clock only moves when it is
looked at: a picture changes when the screen does, and at no other time.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import chdir, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from dropout_core.models.sample.model import SampleModel
from dropout_core.running.session import Session
from dropout_core.running.trials.stage import refusal_of_start
from dropout_core.state.command_table import (
    OF_EVALUATION,
    Command,
    Stage,
    refusal_of_evaluation,
    refusal_of_run,
    row_of,
)
from dropout_core.state.evaluation_state import EvaluationState, begin
from dropout_core.state.events import EvaluationEnded, EvaluationStarted, Event, VerdictReached
from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from dropout_core.values.annotation import AnnotationChange
from dropout_core.values.config import SAMPLE_MODEL, EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_tui.app.editing.answer_actions import AnswerApp
from dropout_tui.presenters.evaluations.deletions import Deletions
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.stored_commands import Then
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.screens.dashboard.screen import DashboardScreen
from dropout_tui.screens.evaluations.compare import CompareScreen
from dropout_tui.screens.evaluations.forest import ForestScreen
from dropout_tui.screens.evaluations.history import HistoryScreen
from dropout_tui.screens.launch.screen import LaunchScreen
from dropout_tui.settings.preferences import Preferences

FOLDER = Path(__file__).absolute().with_name("pictures")
FORM = LaunchForm(SAMPLE_MODEL, runs="24", seed="20", sequential=True)
EARLIER = (
    LaunchForm(SAMPLE_MODEL, runs="12", seed="3", sequential=True, prompt="terse", suite="hard"),
    LaunchForm(SAMPLE_MODEL, runs="40", seed="5", sequential=True, prompt="plain", suite="strict"),
    LaunchForm(SAMPLE_MODEL, runs="40", seed="9", sequential=True, prompt="plain"),
)
"""What was evaluated in the days before, for the history."""
BEGAN = 1_760_000_000.0
DAY = 86_400.0
STEP_SECONDS = 0.02
SEEN_AFTER = 17
"""How many runs have ended in the pictures of the dashboard."""

TO_A_FAILURE = ("down",) * 9
"""The keys to a run whose survivors are not scaled."""


class Clock:
    """Goes on by a step whenever it is asked."""

    def __init__(self, began: float) -> None:
        self.now = began

    def __call__(self) -> float:
        self.now += STEP_SECONDS
        return self.now


@dataclass(frozen=True, slots=True)
class Story:
    """An evaluation that was run, to be told up to any point."""

    store: Store
    number: int
    started: EvaluationStarted
    events: tuple[Event, ...]

    def told(self, ended: int) -> tuple[LiveEvaluation, float]:
        """The evaluation when `ended` runs had ended and the next was being answered, and the time then."""
        verdicts = 0
        for count, event in enumerate(self.events):
            verdicts += isinstance(event, VerdictReached)
            if verdicts == ended:
                upto = self.events[: count + WORDS_LATER]
                break
        else:
            upto = self.events
        live = LiveEvaluation(self.number, begin(self.started), NoCommands(lambda: live.state))
        live.receive(upto)
        return live, upto[-1].at


WORDS_LATER = 60
"""Events into the run that is being answered."""


class NoCommands:
    """The commands of a running evaluation, as its state allows them. They have no effect."""

    def __init__(self, state: Callable[[], EvaluationState]) -> None:
        self._state = state

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        if command is Command.START:
            return refusal_of_start(self._state(), Stage.RUNNING)
        if command in OF_EVALUATION:
            return refusal_of_evaluation(command, Stage.RUNNING)
        trials = self._state().trials if trial is None else [self._state().trial(trial)]
        rows = [(row_of(each, has_task=each.status is Status.RUNNING), each.number) for each in trials]
        whys = [refusal_of_run(command, row, Stage.RUNNING, number) for row, number in rows]
        return None if None in whys else whys[0]

    def start(self) -> str | None: ...
    def pause(self, trial: int | None = None) -> str | None: ...
    def resume(self, trial: int | None = None) -> str | None: ...
    def cancel(self, trial: int | None = None) -> str | None: ...
    def rerun(self, trial: int | None = None) -> str | None: ...
    def repeat_voids(self) -> str | None: ...
    def add_runs(self, count: int) -> str | None: ...
    def change_plan(self, plan: Plan) -> str | None: ...

    def change_concurrency(self, by: int) -> int | str:
        return by


class Idle:
    """A program that has nothing open."""

    def numbers_open(self) -> frozenset[int]:
        return frozenset()

    def show_open(self, number: int) -> None: ...
    def go_on(self, number: int, then: Then) -> None: ...

    def deletions(self, store: Store) -> Deletions:
        return Deletions(store)


class Easel(AnswerApp):
    """Shows one screen."""

    TITLE = "dropout-tui"

    def __init__(self, source: Store, screen: Screen[Any], theme: str) -> None:
        super().__init__(source, Preferences(theme=theme), allow_weak_sandbox=False)
        self._first = screen

    def on_mount(self) -> None:
        self.push_screen(self._first)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: what is on it, and what is pressed before."""

    screen: Callable[[Story], Screen[Any]]
    size: tuple[int, int] = (120, 34)
    keys: Sequence[str] = ()
    theme: str = "textual-dark"


def dashboard(story: Story) -> Screen[Any]:
    live, now = story.told(SEEN_AFTER)
    return DashboardScreen(live, story.store, clock=lambda: now)


def history(story: Story) -> Screen[Any]:
    return HistoryScreen(story.store, Idle(), clock=lambda: BEGAN)


def compare(story: Story) -> Screen[Any]:
    return CompareScreen(story.store, 3, 4, open_one=lambda _: None)


def forest(story: Story) -> Screen[Any]:
    for number, name in enumerate(("hard and terse", "strict", "basic"), 1):
        story.store.annotate(number, AnnotationChange(name))
    return ForestScreen(story.store, (1, 2, 3, 4), open_one=lambda *_: None)


def launch(_: Story) -> Screen[Any]:
    return LaunchScreen(FORM, key_configured=False)


PICTURES = {
    "dashboard": Picture(dashboard, keys=TO_A_FAILURE),
    "run": Picture(dashboard, keys=[*TO_A_FAILURE, "enter"]),
    "conversation": Picture(dashboard, keys=[*TO_A_FAILURE, "enter", "2"]),
    "history": Picture(history, (120, 24), keys=["space", "j", "space"]),
    "compare": Picture(compare),
    "palette": Picture(dashboard, keys=["ctrl+p", *"copy"]),
    "launch": Picture(launch),
    "light": Picture(dashboard, keys=TO_A_FAILURE, theme="solarized-light"),
    "small": Picture(dashboard, (60, 20)),
    # The last: it gives names, which the history would show.
    "forest": Picture(forest, (120, 30), keys=["j", "tab", "j"]),
}


async def run_stories() -> Story:
    """Run all evaluations, without a screen, and tell of the last. The store is in the working folder: it is named."""
    store = Store(Path("evaluations.sqlite3"))
    for days, form in enumerate(EARLIER):
        await run_story(store, form, BEGAN - (len(EARLIER) - days) * DAY)
    return await run_story(store, FORM, BEGAN)


async def run_story(store: Store, form: LaunchForm, began: float) -> Story:
    """Run one evaluation."""
    config = parse(form)
    if not isinstance(config, EvaluationConfig):
        raise TypeError(str(config))
    session = Session.new(store, config, SampleModel(), clock=Clock(began))
    events: list[Event] = []
    done = asyncio.Event()

    def follow(recorded: Sequence[Event]) -> None:
        events.extend(recorded)
        if any(isinstance(event, EvaluationEnded) for event in recorded):
            done.set()

    async with session:
        session.journal.listen(follow)
        session.evaluation.start()
        await session.evaluation.until(done)
    return Story(store, session.number, EvaluationStarted(at=began, config=config), tuple(events))


async def draw(names: Sequence[str], folder: Path) -> None:
    """Make the named pictures in `folder`."""
    with TemporaryDirectory() as temporary, chdir(temporary):
        story = await run_stories()
        with closing(story.store):
            for name in names:
                picture = PICTURES[name]
                app = Easel(story.store, picture.screen(story), picture.theme)
                async with app.run_test(size=picture.size) as pilot:
                    await _settle(pilot)
                    await pilot.press(*picture.keys)
                    await _settle(pilot)
                    app.save_screenshot(f"{name}.svg", path=str(folder))


async def _settle(pilot: Pilot[None]) -> None:
    await pilot.pause(0.6)
    await pilot.pause()


def main() -> int:
    """Make all pictures, or the named ones."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    chosen = parser.parse_args()
    # Dates are shown.
    os.environ["TZ"] = "UTC"
    os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
    time.tzset()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(chosen.names or list(PICTURES), chosen.folder.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
