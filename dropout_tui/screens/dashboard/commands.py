"""The commands that the dashboard's keys send to its evaluation: when they are dimmed, and what is asked before."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from dropout_core.state.command_table import CLOSED, Command
from dropout_core.state.trial_state import Status, TrialState
from dropout_core.values.plan import Plan
from dropout_tui.presenters.evaluations.live_evaluation import Commands
from dropout_tui.presenters.trials.bulk_actions import (
    Action,
    BulkAction,
    cancel,
    pause_or_resume,
    question_before,
    rerun,
)
from dropout_tui.screens.commanding import CommandingScreen
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.dashboard.cancel import begin_to_cancel, take_cancel_back
from dropout_tui.text.numbers import pluralize
from dropout_tui.text.words.purse import HOW_TO_FILL
from dropout_tui.widgets.title_bar import says_concurrency

RUNS_ADDED = 20
"""Runs added by one key."""
_COMMANDS = frozenset(
    {
        "pause_or_resume",
        "rerun",
        "cancel",
        "pause_all",
        "rerun_all",
        "repeat_voids",
        "cancel_all",
        "start",
        "undo",
        "concurrency",
        "add_runs",
        "change_plan",
    }
)
_OF_ALL = (Command.REPEAT_VOIDS, Command.ADD_RUNS, Command.CHANGE)
_DIMMED = {
    "pause_or_resume": Command.PAUSE,
    "rerun": Command.RERUN,
    "cancel": Command.CANCEL,
    "repeat_voids": Command.REPEAT_VOIDS,
    "add_runs": Command.ADD_RUNS,
    "change_plan": Command.CHANGE,
}
"""Actions whose keys are dimmed where they would have no effect, and then say why."""


class DashboardCommands(CommandingScreen):
    """A screen whose keys act on some runs of its evaluation, or on all."""

    ASKING = _COMMANDS

    @property
    @abstractmethod
    def targets(self) -> list[TrialState]:
        """The trials that keys act on."""

    @abstractmethod
    def unmark(self) -> None:
        """Remove the marks of what was acted on."""

    def takes(self, action: str) -> bool | None:
        """Whether a command would have an effect now: ``None`` dims its key, and ``False`` hides it."""
        if self._live.refusal is not None:
            return True
        if self._live.commands is None:
            return False
        match action:
            case "pause_or_resume":
                return bool(pause_or_resume(self.targets, self._live.may).trials) or None
            case "cancel":
                return bool(cancel(self.targets, self._live.may).trials) or None
            case "rerun":
                return bool(rerun(self.targets, self._live.may).trials) or None
            case "repeat_voids":
                return (self._live.state.tally.void > 0 and self._live.may(Command.REPEAT_VOIDS)) or None
            case "add_runs":
                return self._live.may(Command.ADD_RUNS) or None
            case "change_plan":
                return self._live.may(Command.CHANGE) or None
            case "start":
                return self._live.may(Command.START) or (None if self._live.no_money else False)
            case "undo":
                return bool(self._live.cancelling)
            case _:
                return True

    def why_not(self, action: str) -> str | None:
        """Why an action would have no effect on the targets."""
        if action == "start" and self._live.no_money is not None:
            return f"{self._live.no_money} {HOW_TO_FILL}"
        command = _DIMMED.get(action)
        if command is None or self._live.commands is None:
            return None
        targets = self.targets
        alone = targets[0].number if len(targets) == 1 and command not in _OF_ALL else None
        return self._live.commands.refusal(command, alone)

    def words_for(self, action: str) -> str | None:
        """The label of the pause keys when there is only something to resume: see `Rewording`."""
        if action == "pause_or_resume":
            return "Resume" if pause_or_resume(self.targets, self._live.may).resumes else None
        if action == "pause_all":
            held = self._number_of(Status.PAUSED, Status.PAUSING)
            return "Resume all" if held and not self._number_of(Status.RUNNING, Status.QUEUED) else None
        return None

    def action_pause_or_resume(self) -> None:
        """Pause the targets, or resume them."""
        self._do(pause_or_resume(self.targets, self._live.may))

    def action_rerun(self) -> None:
        """Make a new attempt of the targets, after asking when there are many, since it costs money."""
        self._do(rerun(self.targets, self._live.may))

    def action_cancel(self) -> None:
        """End the targets' attempts as void, after asking when there are many."""
        self._do(cancel(self.targets, self._live.may))

    def action_pause_all(self) -> None:
        """Pause every unfinished trial; when all are paused, resume them."""
        if (commands := self.commands()) is not None:
            pauses = self._number_of(Status.RUNNING, Status.QUEUED) and self._live.may(Command.PAUSE)
            self.say_why((commands.pause if pauses else commands.resume)())

    def _number_of(self, *statuses: Status) -> int:
        return sum(map(self._live.state.tally.count, statuses))

    def action_rerun_all(self) -> None:
        """Make a new attempt of every ended trial, after asking, since it costs money."""
        ended = self._number_of(*(status for status in Status if status.settled))
        self._ask_about_all(Action.RERUN, ended, lambda commands: commands.rerun())

    def action_repeat_voids(self) -> None:
        """Make a new attempt of every void trial, after asking."""
        void = self._live.state.tally.void
        self._ask_about_all(Action.RERUN, void, lambda commands: commands.repeat_voids(), kind="void run")

    def action_cancel_all(self) -> None:
        """End every unfinished trial as void, after asking."""
        able = cancel(self._live.state.trials, self._live.may).trials
        self._ask_about_all(Action.CANCEL, len(able), lambda _: self._cancel(able))

    def _ask_about_all(
        self, action: Action, count: int, then: Callable[[Commands], str | None], *, kind: str = "run"
    ) -> None:
        question = question_before(action, count, kind)
        if count and question is not None and self.commands() is not None:
            self._ask(question, f"Yes, {action}", then)

    def _do(self, bulk: BulkAction) -> None:
        commands = self.commands()
        if commands is None or not bulk.trials:
            return
        if bulk.question is None:
            self.say_why(self._done(bulk, commands))
            return

        def agreed(commands: Commands) -> str | None:
            self.unmark()
            return self._done(bulk, commands)

        self._ask(bulk.question, f"Yes, {bulk.action}", agreed)

    def _done(self, bulk: BulkAction, commands: Commands) -> str | None:
        return self._cancel(bulk.trials) if bulk.action is Action.CANCEL else bulk.apply(commands)

    def _cancel(self, trials: tuple[int, ...]) -> str | None:
        return begin_to_cancel(self, self._live, trials)

    def action_undo(self) -> None:
        """Take back the latest cancel."""
        take_cancel_back(self, self._live)

    def _ask(self, question: str, yes: str, then: Callable[[Commands], str | None]) -> None:
        def answered(answer: str | None) -> None:
            if answer == "yes" and self._live.commands is not None:
                self.say_why(then(self._live.commands))

        choices = [Choice("yes", "y", yes), Choice("no", "n", "No")]
        self.app.push_screen(ConfirmScreen(question, choices, safe="no"), answered)

    def action_start(self) -> None:
        """Go on after a stop."""
        if (commands := self.commands()) is not None:
            self.say_why(commands.start())

    def action_add_runs(self) -> None:
        """Make more runs, after asking: they cost what the others cost."""
        runs = self._live.state.config.runs
        self._ask(
            f"Make {RUNS_ADDED} more runs than the {pluralize(runs, 'run')} there are?",
            f"Yes, {runs + RUNS_ADDED:,} in all",
            lambda commands: commands.add_runs(RUNS_ADDED),
        )

    def action_change_plan(self) -> None:
        """Change how far the evaluation goes, what it is held against, and what it may cost."""
        from dropout_tui.screens.dashboard.plan import PlanScreen

        if self.commands() is not None:
            self.app.push_screen(PlanScreen(self._live.state.config, self._changed_plan))

    def _changed_plan(self, plan: Plan) -> str | None:
        commands = self._live.commands
        return CLOSED if commands is None else commands.change_plan(plan)

    def action_concurrency(self, change: int) -> None:
        """Let more or fewer trials be in flight."""
        if (commands := self.commands()) is None:
            return
        limit = commands.change_concurrency(change)
        if isinstance(limit, str):
            self.say_why(limit)
        elif not says_concurrency(self._live.state):
            self.notify(f"{limit} at once, when runs go on.", timeout=3, markup=False)
        elif (common := self._live.common_limit) is not None and common.is_chosen and limit > common.most:
            self.notify(
                f"{limit} at once of its own; the list (l) lets {common.most} of all be in flight.",
                timeout=6,
                markup=False,
            )
