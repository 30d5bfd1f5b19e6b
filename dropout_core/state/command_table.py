"""Table of states: what each command does to an evaluation, and to a run, in each of them.

The evaluation consults this table before it carries out a command, screens offer only commands that have an effect,
and the documentation prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.state.trial_state import Status, TrialState


class Command(StrEnum):
    """Command to an evaluation."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RERUN = "rerun"
    REPEAT_VOIDS = "repeat voids"
    ADD_RUNS = "add runs"
    CHANGE = "change band, tolerance or budget"


class Stage(StrEnum):
    """Stage of an evaluation."""

    READY = "not started"
    """It was set up, or its program ended in the middle of it."""
    RUNNING = "running"
    """Runs are in flight or wait for a slot, or only paused ones are left."""
    STOPPING = "stopping"
    """Runs in flight end by themselves; no others begin."""
    STOPPED = "stopped"
    OUT_OF_BUDGET = "out of budget"
    DECIDED = "decided"
    COMPLETED = "completed"


class Row(StrEnum):
    """State of a run, as far as commands depend on it."""

    WAITING = "queued"
    IN_FLIGHT = "running"
    PAUSING = "pausing"
    HELD = "paused before its first reply"
    HELD_UNDER_WAY = "paused after a reply"
    CUT_OFF = "cut off with its program"
    ENDING = "ending"
    SETTLED = "ended"
    RERUN_WAITS = "ended, and its rerun waits"


@dataclass(frozen=True, slots=True)
class Cell:
    """Effect of a command."""

    text: str
    """The effect in a few words, or the message that refuses the command; ``{run}`` is the run's number."""
    refused: bool = False


def _does(text: str) -> Cell:
    return Cell(text)


def _refused(text: str) -> Cell:
    return Cell(text, refused=True)


Cells = Mapping[Stage, Cell]

_ENDED = (Stage.STOPPED, Stage.OUT_OF_BUDGET, Stage.DECIDED, Stage.COMPLETED)
_START_FIRST = _refused("This evaluation is not running. Start it first.")
_STOPPING = _refused("This evaluation is stopping; no further run begins.")
IMPORTED = (
    "The replies were imported, so nobody can be asked for more."
    " An import that was interrupted goes on with the same dropout-tui import."
)
"""Refusal of whatever would need a model, where none was ever asked."""
NO_BUDGET = "The budget does not allow another attempt."
"""Used where it is not known which of the limits was reached."""
_NO_BUDGET = _refused(NO_BUDGET)
_IS_DECIDED = _refused("The rate is decided; no further run begins.")
_ALL_ENDED = _refused("Every run has ended. A rerun makes a new attempt.")
_HAS_ENDED = _refused("Run {run} has ended. A rerun makes a new attempt.")
_IS_ENDING = _refused("Run {run} is already ending.")
_NOT_PAUSED = _refused("Run {run} is not paused.")
_WAS_CUT_OFF = _refused("Run {run} was cut off. Start the evaluation to go on with it.")


def _always(cell: Cell, **otherwise: Cell) -> Cells:
    """The same effect in every stage, except for those named in `otherwise`."""
    return {stage: otherwise.get(stage.name.lower(), cell) for stage in Stage}


def _while_it_goes_on(cell: Cell) -> Cells:
    """An effect before the evaluation has ended, and a refusal after."""
    return {stage: _START_FIRST if stage in _ENDED else cell for stage in Stage}


OF_EVALUATION: Mapping[Command, Cells] = {
    Command.START: {
        Stage.READY: _does("begins the runs that wait, and goes on with those that were cut off"),
        Stage.RUNNING: _refused("This evaluation is running."),
        Stage.STOPPING: _does("goes on after all"),
        Stage.STOPPED: _does("goes on with the runs that wait"),
        Stage.OUT_OF_BUDGET: _NO_BUDGET,
        Stage.DECIDED: _IS_DECIDED,
        Stage.COMPLETED: _ALL_ENDED,
    },
    Command.STOP: {
        Stage.READY: _refused("This evaluation is not running."),
        Stage.RUNNING: _does("begins no further runs; those in flight end by themselves"),
        Stage.STOPPING: _refused("This evaluation is already stopping."),
        **dict.fromkeys(_ENDED, _refused("This evaluation is not running.")),
    },
    Command.ADD_RUNS: {
        Stage.READY: _does("adds runs, which wait for the start as the others do"),
        Stage.RUNNING: _does("adds runs, which wait for a slot"),
        Stage.STOPPING: _STOPPING,
        Stage.STOPPED: _does("adds runs, and goes on with all that wait"),
        Stage.OUT_OF_BUDGET: _NO_BUDGET,
        Stage.DECIDED: _IS_DECIDED,
        Stage.COMPLETED: _does("adds runs, and goes on with them"),
    },
    Command.CHANGE: {
        **dict.fromkeys(Stage, _does("holds at once")),
        **dict.fromkeys(_ENDED, _does("holds at once; **start** goes on where that lets runs begin")),
    },
}
"""Effects of commands to the whole evaluation."""

OF_RUN: Mapping[Command, Mapping[Row, Cells]] = {
    Command.PAUSE: {
        Row.WAITING: {**_while_it_goes_on(_does("is held")), Stage.STOPPING: _STOPPING},
        Row.IN_FLIGHT: _always(_does("is held at its next boundary")),
        Row.PAUSING: _always(_refused("Run {run} is about to pause.")),
        Row.HELD: _always(_refused("Run {run} is paused.")),
        Row.HELD_UNDER_WAY: _always(_refused("Run {run} is paused.")),
        Row.CUT_OFF: _always(_WAS_CUT_OFF),
        Row.ENDING: _always(_IS_ENDING),
        Row.SETTLED: _always(_HAS_ENDED),
        Row.RERUN_WAITS: _always(_refused("Run {run} has ended. Cancel withdraws the rerun that waits.")),
    },
    Command.RESUME: {
        Row.WAITING: _always(_NOT_PAUSED),
        Row.IN_FLIGHT: _always(_NOT_PAUSED),
        Row.PAUSING: _always(_does("goes on as if no pause had been requested")),
        Row.HELD: _always(
            _does("waits for a slot"), stopping=_STOPPING, out_of_budget=_NO_BUDGET, decided=_IS_DECIDED
        ),
        Row.HELD_UNDER_WAY: _always(_does("goes on with its next step"), stopping=_STOPPING),
        Row.CUT_OFF: _always(_WAS_CUT_OFF),
        Row.ENDING: _always(_IS_ENDING),
        Row.SETTLED: _always(_HAS_ENDED),
        Row.RERUN_WAITS: _always(_NOT_PAUSED),
    },
    Command.CANCEL: {
        Row.WAITING: _while_it_goes_on(_does("ends as void")),
        Row.IN_FLIGHT: _always(_does("its request is stopped, and it ends as void")),
        Row.PAUSING: _always(_does("its request is stopped, and it ends as void")),
        Row.HELD: _while_it_goes_on(_does("ends as void")),
        Row.HELD_UNDER_WAY: _while_it_goes_on(_does("ends as void")),
        Row.CUT_OFF: _always(_WAS_CUT_OFF),
        Row.ENDING: _always(_IS_ENDING),
        Row.SETTLED: _always(_HAS_ENDED),
        Row.RERUN_WAITS: _always(_does("its rerun is withdrawn; its outcome stays")),
    },
    Command.RERUN: {
        Row.WAITING: _always(
            _refused("Run {run} waits for its attempt."),
            ready=_START_FIRST,
            stopping=_STOPPING,
            stopped=_does("its attempt is made"),
            out_of_budget=_NO_BUDGET,
            decided=_IS_DECIDED,
        ),
        Row.IN_FLIGHT: _always(_does("its attempt ends as void, and a new one is made"), stopping=_STOPPING),
        Row.PAUSING: _always(_does("its attempt ends as void, and a new one is made"), stopping=_STOPPING),
        Row.HELD: _always(_refused("Run {run} is paused. Resume makes its attempt.")),
        Row.HELD_UNDER_WAY: _always(
            _does("its attempt ends as void, and a new one is made"),
            ready=_START_FIRST,
            stopping=_STOPPING,
            out_of_budget=_NO_BUDGET,
            decided=_IS_DECIDED,
        ),
        Row.CUT_OFF: _always(_WAS_CUT_OFF),
        Row.ENDING: _always(_IS_ENDING),
        Row.SETTLED: _always(
            _does("a new attempt is made; the first graded one counts"),
            ready=_START_FIRST,
            stopping=_STOPPING,
            out_of_budget=_NO_BUDGET,
        ),
        Row.RERUN_WAITS: _always(_refused("The rerun of run {run} waits for a slot.")),
    },
}
"""Effects of commands to one run. A command to all runs applies to each on which it has an effect."""

NOTHING_TO_DO: Mapping[Command, str] = {
    Command.PAUSE: "There is no run to pause.",
    Command.RESUME: "There is no paused run that can be resumed.",
    Command.CANCEL: "There is no run to cancel.",
    Command.RERUN: "There is no ended run that can be rerun.",
    Command.REPEAT_VOIDS: "There is no void run that can be rerun.",
}
"""Messages when a command to all runs has an effect on none."""
RERUN_IS_UNDER_WAY = "The rerun of run {run} is in progress. Cancel it before another begins."
"""Message that refuses a second rerun while the first is in flight."""
ONLY_PAUSED = "Only paused runs are left. Resume them."
CLOSED = "This evaluation is closed."


def row_of(trial: TrialState, *, has_task: bool, is_ending: bool = False) -> Row:
    """State of a trial in the table. `has_task`: its attempt is held in memory. `is_ending`: the attempt was told to
    end."""
    if is_ending:
        return Row.ENDING
    match trial.status:
        case Status.QUEUED:
            return Row.WAITING
        case Status.PAUSED:
            return Row.HELD_UNDER_WAY if has_task or trial.is_under_way else Row.HELD
        case Status.RUNNING if has_task:
            return Row.IN_FLIGHT
        case Status.PAUSING if has_task:
            return Row.PAUSING
        case Status.RUNNING | Status.PAUSING:
            return Row.CUT_OFF
        case _:
            return Row.RERUN_WAITS if trial.rerun_waits else Row.SETTLED


def refusal_of_run(command: Command, row: Row, stage: Stage, run: int) -> str | None:
    """Message that refuses a command to a run; ``None`` when it has an effect."""
    cell = OF_RUN[command][row][stage]
    return cell.text.format(run=run) if cell.refused else None


def refusal_of_evaluation(command: Command, stage: Stage) -> str | None:
    """Message that refuses a command to the evaluation; ``None`` when it has an effect."""
    cell = OF_EVALUATION[command][stage]
    return cell.text if cell.refused else None
