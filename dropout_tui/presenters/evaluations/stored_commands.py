"""The commands of a stored evaluation: the first that needs the model resumes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from dropout_core.costs.budget import why_none_may_begin
from dropout_core.running.command_refusals import concerned
from dropout_core.running.plan_changes import refusal_of_more_runs, refusal_of_plan
from dropout_core.running.trials.stage import refusal_of_start, stage_at_rest, stage_for_runs
from dropout_core.state import events
from dropout_core.state.command_table import (
    IMPORTED,
    NOTHING_TO_DO,
    Command,
    Stage,
    refusal_of_evaluation,
    refusal_of_run,
    row_of,
)
from dropout_core.state.evaluation_state import EvaluationState, evolve
from dropout_core.state.trial_state import Status
from dropout_core.storage.store import Store
from dropout_core.values.plan import Plan
from dropout_tui.presenters.evaluations.deletions import Deletions
from dropout_tui.presenters.evaluations.live_evaluation import Commands

Then = Callable[[Commands], str | None]
GoOn = Callable[[int, Then], None]
"""Resumes the stored evaluation with this number, and sends it a command."""


Keep = Callable[[Plan], None]
"""Stores another plan for an evaluation that nobody runs."""


class Program(Protocol):
    """What screens about stored evaluations need of the app, which runs evaluations beside each other."""

    def numbers_open(self) -> frozenset[int]:
        """The numbers of the evaluations it has open, running or ended."""

    def show_open(self, number: int) -> None:
        """Show the dashboard of one of them."""

    def go_on(self, number: int, then: Then) -> None:
        """Resume the stored evaluation with this number, and send it the command `then`."""

    def deletions(self, store: Store) -> Deletions:
        """The deletions made in `store` since the program began."""


def start(commands: Commands) -> str | None:
    """Go on with the queued trials, unless it does so already."""
    return None if commands.refusal(Command.STOP) is None else commands.start()


def start_with_voids(commands: Commands) -> str | None:
    """Make a new attempt of every void run, and go on with the queued trials."""
    why = start(commands)
    return commands.repeat_voids() and why


PRESS_START = "This evaluation is not running. Press s to go on with it first."
_FOR_WHAT_GOES_ON = frozenset({Command.PAUSE, Command.RESUME, Command.CANCEL, Command.STOP})


class StoredCommands:
    """The commands of an evaluation that no program runs."""

    def __init__(self, number: int, state: EvaluationState, go_on: GoOn, keep: Keep) -> None:
        """`go_on` resumes evaluation `number`, whose stored state is `state`; `keep` only stores another plan."""
        self._number = number
        self._keep = keep
        self._state = state
        self._go_on = go_on

    def refusal(self, command: Command, trial: int | None = None) -> str | None:
        """Why a command would have no effect; ``None`` when it would have one."""
        if self._state.config.imported is not None and command is not Command.CHANGE:
            return IMPORTED
        if command in _FOR_WHAT_GOES_ON:
            return PRESS_START
        stage = stage_at_rest(self._state)
        if command is Command.START:
            return refusal_of_start(self._state, stage)
        if command is Command.ADD_RUNS:
            return refusal_of_more_runs(self._state, stage)
        if command is Command.CHANGE:
            return refusal_of_evaluation(command, stage)
        stage = stage_for_runs(self._state, stage)
        if stage is Stage.READY and command is not Command.REPEAT_VOIDS:
            return PRESS_START
        if command is Command.REPEAT_VOIDS:
            stage = Stage.STOPPED
        trials = concerned(command, self._state.trials) if trial is None else [self._state.trial(trial)]
        whys = {
            refusal_of_run(Command.RERUN, row_of(each, has_task=False), stage, each.number) for each in trials
        }
        if None in whys:
            return why_none_may_begin(self._state)
        return next(iter(whys)) if len(whys) == 1 else NOTHING_TO_DO[command]

    def start(self) -> str | None:
        """Go on with the queued trials."""
        return self._have_done(Command.START, None, start)

    def rerun(self, trial: int | None = None) -> str | None:
        """Make a new attempt. An interrupted evaluation must be resumed first."""
        return self._have_done(Command.RERUN, trial, lambda commands: commands.rerun(trial))

    def repeat_voids(self) -> str | None:
        """Make a new attempt of every void run; in an interrupted evaluation, go on with the other trials too."""
        return self._have_done(Command.REPEAT_VOIDS, None, start_with_voids)

    def pause(self, trial: int | None = None) -> str | None:
        """Refused: nothing is in flight."""
        return self.refusal(Command.PAUSE, trial)

    def resume(self, trial: int | None = None) -> str | None:
        """Refused: nothing is paused."""
        return self.refusal(Command.RESUME, trial)

    def cancel(self, trial: int | None = None) -> str | None:
        """Refused: nothing is in flight."""
        return self.refusal(Command.CANCEL, trial)

    def add_runs(self, count: int) -> str | None:
        """Make `count` more runs, and go on with what waits."""
        now = Plan.of(self._state.config)
        return self.change_plan(replace(now, runs=now.runs + count))

    def change_plan(self, plan: Plan) -> str | None:
        """Go by another plan: with more runs it goes on, otherwise the plan alone is stored."""
        why = refusal_of_plan(self._state, stage_at_rest(self._state), plan)
        if why is None and plan.runs > self._state.config.runs:
            self._go_on(self._number, lambda commands: commands.change_plan(plan) or start(commands))
        elif why is None:
            self._keep(plan)
        return why

    def change_concurrency(self, by: int) -> int | str:  # noqa: ARG002
        """Refused: nothing is in flight."""
        return PRESS_START

    def _have_done(self, command: Command, trial: int | None, then: Then) -> str | None:
        why = self.refusal(command, trial)
        if why is None:
            self._go_on(self._number, then)
        return why


def at_rest(state: EvaluationState) -> EvaluationState:
    """The state of an evaluation that no program runs: trials that were cut off in flight are queued again."""
    for trial in state.trials:
        if trial.status in (Status.RUNNING, Status.PAUSING):
            state = evolve(state, events.TrialQueued(at=_last_seen(state), trial=trial.number))
    return state if state.ended_at is not None else replace(state, ended_at=_last_seen(state))


def _last_seen(state: EvaluationState) -> float:
    """About when the last event happened, as far as the attempts tell."""
    moments = (
        attempt.started_at + attempt.busy_seconds for trial in state.trials for attempt in trial.attempts
    )
    return max(moments, default=state.started_at)
