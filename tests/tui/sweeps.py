"""Sweeps in every state a screen has to show, built from real events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from dropout_core.analysis.sweep_cells import Place
from dropout_core.costs.purse import Purse
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import Phase
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.sweep.live_sweep import LiveSweep
from tests.tui.states import Ending, evaluation_state, failed, void

BELOW: Sequence[Ending] = [failed("scaling")] * 120
ABOVE: Sequence[Ending] = [Outcome.PASSED] * 20
INSIDE: Sequence[Ending] = ([Outcome.PASSED] + [failed("scaling")] * 3) * 30
OPEN: Sequence[Ending] = [
    Outcome.PASSED,
    failed("scaling"),
    failed("scaling"),
    failed("rate"),
    void("gone"),
    Phase.REPLYING,
    Phase.REPLYING,
]
NO_LIMIT = Purse()


class Commands:
    """Takes the commands of a sweep, and keeps them."""

    def __init__(self, stop_reason: str | None = None) -> None:
        self.stop_reason = stop_reason
        self.taken: list[str] = []

    def pause(self) -> None:
        self.taken.append("pause")
        self.stop_reason = "paused"

    def stop(self) -> None:
        self.taken.append("stop")
        self.stop_reason = "stopped"

    def go_on(self) -> None:
        self.taken.append("go on")
        self.stop_reason = None


def place(prompt: str, suite: str, model: str = "m", **more: str) -> Place:
    return tuple({"task": "dropout", "model": model, "prompt": prompt, "suite": suite, **more}.items())


def evaluation(
    trials: Sequence[Ending], *, runs: int = 200, ended: str | None = None, **config: object
) -> LiveEvaluation:
    settings: dict[str, object] = {"model": "m", "decision_error": 0.0125, "until_decided": True, **config}
    return LiveEvaluation(1, evaluation_state(runs=runs, trials=trials, ended=ended, **settings))


def sweep_of(
    cells: Mapping[Place, LiveEvaluation | str | None], *, limit: int = 4, purse: Purse = NO_LIMIT
) -> LiveSweep:
    """A sweep of these cells: an evaluation, why one cannot run, or nothing yet."""
    sweep = LiveSweep(list(cells), limit, purse)
    for index, content in enumerate(cells.values()):
        match content:
            case LiveEvaluation():
                content.number = index + 1
                sweep.add(index, content)
            case str(why):
                sweep.refuse(index, why)
    return sweep


@cache
def _states() -> tuple[EvaluationState, ...]:
    ended = (evaluation(trials, ended="decided") for trials in (ABOVE, INSIDE, BELOW))
    return tuple(one.state for one in (*ended, evaluation(OPEN)))


def mixed(commands: Commands | None = None) -> LiveSweep:
    """Two prompts and three suites: a cell of each kind, under way."""
    above, inside, below, under_way = (LiveEvaluation(1, state) for state in _states())
    sweep = sweep_of(
        {
            place("plain", "basic"): above,
            place("plain", "strict"): inside,
            place("plain", "hard"): under_way,
            place("terse", "basic"): below,
            place(
                "terse", "strict"
            ): "the suite 'strict' of task [b]mine[/b] has gone: give another --suites",
            place("terse", "hard"): None,
        }
    )
    sweep.commands = Commands() if commands is None else commands
    return sweep
