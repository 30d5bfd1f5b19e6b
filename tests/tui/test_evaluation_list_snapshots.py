"""Pictures of the list of the program's evaluations. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot

from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.shared_purse import Amount
from dropout_core.state.evaluation_state import replay
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import CommonLimit, LiveEvaluation
from dropout_tui.screens.evaluations.evaluation_list import EvaluationListScreen
from tests.tui.gallery_trial import RecordedCommands
from tests.tui.states import BUSY, Ending, evaluation_events, failed
from tests.tui.test_snapshots import LOOKS, Shown, Snapshot, settle


@dataclass
class Bounds:
    """What all may have in flight and may cost, which nothing uses."""

    limit: CommonLimit = CommonLimit(12, is_chosen=False)  # noqa: RUF009
    purse: Purse = Purse(5.0)  # noqa: RUF009
    spent: Amount = Amount(4.98, 61_000)  # noqa: RUF009

    def choose(self, by: int) -> None:
        self.limit = CommonLimit(self.limit.most + by, is_chosen=True)

    def let_be(self) -> None:
        self.limit = CommonLimit(12, is_chosen=False)

    def fill(self, purse: Purse) -> None:
        self.purse = purse


@dataclass
class Standing:
    """A program whose evaluations stand still, and which remembers what it was asked."""

    evaluations: tuple[LiveEvaluation, ...]
    limits: Bounds = field(default_factory=lambda: Bounds())
    line_is_held: bool = False
    asked: list[tuple[str, int]] = field(default_factory=list)

    @property
    def live(self) -> LiveEvaluation:
        return self.evaluations[1]

    def show(self, number: int) -> None:
        self.asked.append(("show", number))

    def begin_now(self, number: int) -> None:
        self.asked.append(("begin", number))

    def move(self, number: int, by: int) -> None:
        self.asked.append(("move", number * by))

    async def close(self, number: int) -> str | None:
        self.asked.append(("close", number))
        return None

    async def begin_again(self, number: int) -> None:
        self.asked.append(("again", number))


def standing(
    number: int, trials: tuple[Ending, ...] = (), ended: str | None = None, **config: object
) -> LiveEvaluation:
    return LiveEvaluation(
        number,
        replay(evaluation_events(trials=trials, ended=ended, **config)),  # type: ignore[arg-type]
        RecordedCommands(),
    )


def program() -> Standing:
    passed, missed = Outcome.PASSED, failed("scaling")
    ended = standing(7, (passed, missed, missed, passed), "completed", runs=4, model="claude-haiku-4-5")
    busy = standing(14, BUSY, runs=120, model="claude-opus-4-8[/b]", suite="strict")
    sample = standing(15, (passed, missed), runs=6, model="sample")
    broken = standing(16, (missed,), runs=10, model="claude-haiku-4-5", prompt="terse")
    broken.halt()
    queued = standing(117, runs=1_000, model="claude-sonnet-5", prompt="plain", suite="hard")
    queued.commands = None
    queued.stand(None, 1, None)
    waiting = standing(17, (missed,), runs=20, model="claude-opus-4-8", suite="hard")
    waiting.hold_back("The common budget of $5 does not allow another attempt.")
    return Standing((ended, busy, sample, broken, waiting, queued))


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_the_list_of_evaluations(snap_compare: Snapshot, size: tuple[int, int], theme: str) -> None:
    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)

    shown = Shown(EvaluationListScreen(program()))
    assert snap_compare(shown, terminal_size=size, run_before=look)
