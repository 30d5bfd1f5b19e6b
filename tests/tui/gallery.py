"""Every widget of the dashboard over an evaluation that seems to go on, to be looked at.

python -m tests.tui.gallery              run it
python -m tests.tui.gallery OUT.svg 120x40 [--theme NAME]     one picture of it, at that size
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Iterator

from textual import getters
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Footer

from dropout_core.state.events import Event
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.widgets.dashboard.failing_checks import FailingChecks
from dropout_tui.widgets.dashboard.outcome_strip import OutcomeStrip
from dropout_tui.widgets.dashboard.pass_rate import PassRate
from dropout_tui.widgets.dashboard.preview import Preview
from dropout_tui.widgets.dashboard.tallies import Tallies
from dropout_tui.widgets.trials.trial_table import TrialTable
from tests.tui.states import (
    BUSY,
    HOSTILE_TEXTS,
    T0,
    Ending,
    attempt_events,
    failed,
    live_evaluation,
    verdict,
    void,
)

_ENDINGS: tuple[Ending, ...] = (
    verdict(),
    failed(),
    failed("scaling"),
    failed("edge_cases"),
    failed("randomness", "edge_cases"),
    failed("runs"),
    void(HOSTILE_TEXTS[0]),
)


class Gallery(App[None]):
    """The widgets, arranged as a dashboard."""

    CSS = """
    #lower { height: 1fr; }
    #side { width: 2fr; }
    TrialTable { width: 3fr; }
    """
    BINDINGS = [Binding("q", "quit", "Quit"), Binding("T", "change_theme", "Theme")]

    table = getters.query_one(TrialTable)

    def __init__(self, live: LiveEvaluation, to_come: Iterator[list[Event]], steps: int) -> None:
        super().__init__()
        self.live = live
        self.to_come = to_come
        self.steps = steps
        self.now = T0 + 20.0

    def compose(self) -> ComposeResult:
        yield PassRate()
        yield Tallies()
        yield OutcomeStrip()
        with Horizontal(id="lower"):
            yield TrialTable()
            with Vertical(id="side"):
                yield FailingChecks()
                yield Preview()
        yield Footer()

    def on_mount(self) -> None:
        self.table.focus()
        self.set_interval(0.1, self.step)
        self.show_all()

    def step(self) -> None:
        self.now += 0.1
        self.live.receive(next(self.to_come, []))
        self.show_all()

    def on_trial_table_highlighted(self) -> None:
        self.show_all()

    def on_trial_table_opened(self, message: TrialTable.Opened) -> None:
        self.notify(f"opens run {message.trial}", markup=False)

    def show_all(self) -> None:
        state, now = self.live.state, self.now
        self.query_one(PassRate).show(state)
        self.query_one(Tallies).show(state, now)
        self.query_one(OutcomeStrip).show(state)
        self.query_one(FailingChecks).show(state)
        self.table.show(
            state.trials,
            now,
            max_steps=self.steps,
            live_tokens=lambda trial: len(self.live.arriving(trial)) // 4,
        )
        if self.table.cursor_trial is not None:
            trial = state.trial(self.table.cursor_trial)
            self.query_one(Preview).show(trial, self.live.arriving(trial.number))


def story(runs: int, first: int) -> Iterator[list[Event]]:
    """What happens in the trials from `first` on, a moment at a time."""
    chance = random.Random(3)
    for number in range(first, runs + 1):
        for event in attempt_events(number, chance.choice(_ENDINGS), at=T0 + 20 + number):
            yield from ([event], [], [])


def gallery(runs: int = 40, steps: int = 1) -> Gallery:
    """The app over a busy evaluation; with the default it plays on."""
    return Gallery(
        live_evaluation(runs=runs, trials=BUSY, mode="agent", max_steps=steps),
        story(runs, len(BUSY) + 1),
        steps,
    )


async def _picture(path: str, size: tuple[int, int], theme: str, keys: list[str], runs: int) -> None:
    app = gallery(runs=runs)
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()
        app.save_screenshot(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?")
    parser.add_argument("size", nargs="?", default="120x40")
    parser.add_argument("--theme", default="textual-dark")
    parser.add_argument("--keys", default="")
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    if options.out is None:
        gallery(runs=options.runs).run()
    else:
        columns, rows = (int(part) for part in options.size.split("x"))
        asyncio.run(_picture(options.out, (columns, rows), options.theme, options.keys.split(), options.runs))
