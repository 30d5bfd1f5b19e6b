"""The Textual app: it opens the first screen, moves between screens, and leaves.

This is imported before the first paint; screens and what runs an evaluation are imported after it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work
from textual.binding import Binding
from textual.worker import Worker, WorkerState

from dropout_core.values.garbage_collection import let_go
from dropout_tui.app.leaving_app import LeavingApp
from dropout_tui.app.startup import FirstFrameText, OpenStartPoint, StartPoint
from dropout_tui.exit_codes import EXIT_INTERRUPTED
from dropout_tui.settings.preferences import Preferences

if TYPE_CHECKING:
    from textual.command import Provider

    from dropout_core.analysis.what_if import Change
    from dropout_core.storage.store import Store
    from dropout_tui.app.evaluations.host import EvaluationHost
    from dropout_tui.presenters.evaluations.deletions import Deletions
    from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
    from dropout_tui.presenters.evaluations.stored_commands import Then
    from dropout_tui.screens.confirm import ConfirmScreen

TITLE_SECONDS = 1.0
"""Seconds between updates of the terminal's title."""


def _evaluation_commands() -> type[Provider]:
    from dropout_tui.app.palette.evaluations import EvaluationCommands

    return EvaluationCommands


class DropoutApp(LeavingApp):
    """Opens an evaluation or the launch form, moves between screens, and leaves."""

    TITLE = "dropout-tui"
    GO_ON_KEY = "s"
    KEEPS_RESULTS = True
    """Whether what was run can be gone on with by another program."""
    COMMANDS = LeavingApp.COMMANDS | {_evaluation_commands}
    BINDINGS = [
        Binding("f4", "evaluations", "List", id="app.evaluations", show=False,
                tooltip="The evaluations of this program"),
    ]  # fmt: skip

    def __init__(
        self,
        opening: OpenStartPoint,
        words: FirstFrameText = FirstFrameText(),  # noqa: B008
        *,
        paced: bool = True,
        allow_weak_sandbox: bool = False,
        preferences: Preferences = Preferences(),  # noqa: B008
    ) -> None:
        """Paint `words`, then open what `opening` returns. `paced` streams the sample answers at reading speed."""
        super().__init__(opening, words, preferences, allow_weak_sandbox=allow_weak_sandbox)
        self.return_status = 0
        """The exit status of the program."""
        self._paced = paced
        self._allow_weak_sandbox = allow_weak_sandbox
        self._runs: EvaluationHost | None = None
        self._deletions: Deletions | None = None

    @property
    def live(self) -> LiveEvaluation | None:
        """The evaluation that was looked at last."""
        return None if self._runs is None else self._runs.live

    @property
    def evaluations(self) -> tuple[LiveEvaluation, ...]:
        """All evaluations of this program."""
        return () if self._runs is None else self._runs.evaluations

    @property
    def store(self) -> Store | None:
        """Where the evaluations are; ``None`` until it is open."""
        return None if self._runs is None else self._runs.store

    @property
    def unsaved(self) -> str | None:
        """Why the latest events could not be stored."""
        return None if self._runs is None else self._runs.unsaved

    def on_unmount(self) -> None:
        """Carry out the deletions that were not undone."""
        if self._deletions is not None:
            self._deletions.complete_all()

    def show_opened(self, opened: StartPoint) -> None:
        """Open the first screen."""
        from dropout_tui.app.evaluations.host import EvaluationHost

        self._runs = EvaluationHost(
            self, opened, paced=self._paced, allow_weak_sandbox=self._allow_weak_sandbox
        )
        if opened.first is None:
            self._runs.launching.set_up()
        else:
            self._runs.open(opened.first, changes=opened.changes)
        self.call_after_refresh(self.run_worker, self._warm_up, group="warming up", exit_on_error=False)
        self.set_interval(TITLE_SECONDS, self._show_title)

    def action_new_evaluation(self) -> None:
        """Show the launch form, and start the evaluation that it returns beside those that run, or queue it."""
        if self._runs is not None:
            self._runs.launching.set_up()

    def action_evaluations(self) -> None:
        """Show the evaluations of this program."""
        if not self.screen.is_modal and self._runs is not None and self._runs.evaluations:
            self._runs.show_list()

    def action_history(self) -> None:
        """Show the stored evaluations."""
        from dropout_tui.screens.evaluations.history import HistoryScreen

        if self.screen.is_modal or self._runs is None:
            return
        if any(isinstance(screen, HistoryScreen) for screen in self.screen_stack):
            self._runs.back_to(HistoryScreen)
        else:
            self.push_screen(HistoryScreen(self._runs.store, self))

    def action_what_if(self) -> None:
        """Show what the rate would be by other checks; what is chosen there is set up."""
        from dropout_tui.screens.dashboard.screen import DashboardScreen
        from dropout_tui.screens.evaluations.what_if import WhatIfScreen

        if self._runs is None or not isinstance(self.screen, DashboardScreen):
            return
        live = self.screen.live

        def chosen(change: Change | None) -> None:
            if change is not None and self._runs is not None:
                self._runs.launching.set_up_like(live.state.config, suite=change.suite)

        screen = WhatIfScreen(live, self._runs.store, allow_weak_sandbox=self._allow_weak_sandbox)
        self.push_screen(screen, chosen)

    @work(group="reviewing", exclusive=True, exit_on_error=False)
    async def action_review(self) -> None:
        """Show the author's checklist of the evaluation on screen, or of the highlighted one of the history."""
        from dropout_tui.screens.dashboard.screen import DashboardScreen
        from dropout_tui.screens.evaluations.history import HistoryScreen
        from dropout_tui.screens.evaluations.review import ReviewScreen

        screen = self.screen
        if isinstance(screen, DashboardScreen):
            choice = await self.push_screen_wait(ReviewScreen(screen.live, self.store))
            if choice is not None:
                screen.show_only(choice)
        elif isinstance(screen, HistoryScreen) and (live := await screen.read_selected()) is not None:
            choice = await self.push_screen_wait(ReviewScreen(live, self.store))
            if choice is not None:
                screen.open(live.number, choice)

    def action_copy_review_command(self) -> None:
        """Copy the command that the checklist names."""
        from dropout_tui.screens.evaluations.review import ReviewScreen

        if isinstance(self.screen, ReviewScreen):
            self.copy(self.screen.command, "the command")

    @work(group="editing", exclusive=True, exit_on_error=False)
    async def action_edit_prompt(self) -> None:
        """Open the prompt of the form, or of the evaluation on screen, in the editor; the latter sets up another."""
        from dropout_tui.app.editing.prompt_editing import edit_prompt_of_form, variant_of
        from dropout_tui.screens.dashboard.screen import DashboardScreen
        from dropout_tui.screens.launch.screen import LaunchScreen

        screen, runs = self.screen, self._runs
        if isinstance(screen, LaunchScreen):
            await edit_prompt_of_form(self, screen)
        elif isinstance(screen, DashboardScreen) and runs is not None:
            config = screen.live.state.config
            taken = await asyncio.to_thread(runs.launching.prompt_names, config.task_file or config.task)
            form = await variant_of(self, config, taken)
            if form is not None:
                runs.launching.set_up_as(form)

    # ---- what the screens about stored evaluations ask for ---------------------------------------------------------

    def numbers_open(self) -> frozenset[int]:
        """The numbers of the evaluations that this program has open."""
        return frozenset() if self._runs is None else self._runs.numbers_open

    def show_open(self, number: int) -> None:
        """Back to the dashboard of one of them."""
        if self._runs is not None:
            self._runs.show(number)

    def go_on(self, number: int, then: Then) -> None:
        """Resume a stored evaluation beside those that run, and send it the command `then`."""
        if self._runs is not None:
            self.run_worker(
                self._runs.go_on(number, then), group="going on", exclusive=True, exit_on_error=False
            )

    def deletions(self, store: Store) -> Deletions:
        """The deletions made since the program began."""
        from dropout_tui.presenters.evaluations.deletions import Deletions

        if self._deletions is None:
            self._deletions = Deletions(store)
        return self._deletions

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report an evaluation that failed, and any other worker that did."""
        if event.state is not WorkerState.ERROR:
            return
        if event.worker.group == "evaluation" and self._runs is not None:
            self._runs.failed(event.worker)
        else:
            self.say(str(event.worker.error) or repr(event.worker.error), severity="error")

    # ---- leaving: see `LeavingApp` -------------------------------------------------------------------------------

    def quit_question(self) -> ConfirmScreen | None:
        """Asks when runs are in flight, or evaluations in line."""
        from dropout_tui.screens.confirm import quit_dialog

        runs = self._runs
        if runs is None or not (runs.in_flight or runs.in_line):
            return None
        return quit_dialog(
            runs.in_flight,
            evaluations=runs.evaluations_in_flight,
            queued=runs.in_line,
            in_batches=runs.all_wait_for_batches,
            kept=self.KEEPS_RESULTS,
        )

    async def finish(self) -> None:
        """Let the runs in flight end, and begin no more."""
        if self._runs is not None:
            await self._runs.finish()

    async def shut_down(self) -> None:
        """Stop all evaluations, and store what they have."""
        if self._runs is not None:
            await self._runs.end()

    def told_to_end(self) -> None:
        """Leave, and say so in the exit status."""
        self.return_status = EXIT_INTERRUPTED
        self.leave()

    # ---- aside ----------------------------------------------------------------------------------------------------

    def _show_title(self) -> None:
        from dropout_tui.app.evaluations.title import title_of

        if not self.away:
            self.terminal_title.show(title_of(None if self.live is None else self.live.state))

    async def _warm_up(self) -> None:
        """Import what the user will need next, while the first screen is being read."""
        from dropout_core.models.anthropic.client import preload
        from dropout_core.models.http.credentials import key_configured

        await asyncio.to_thread(_make_ready)
        if key_configured():
            await asyncio.to_thread(preload)


def _make_ready() -> None:
    """Import the screens of an evaluation and of a run, and make the lexer that colours its code."""
    from textual.highlight import highlight

    import dropout_tui.screens.dashboard.screen
    import dropout_tui.screens.evaluations.evaluation_list
    import dropout_tui.screens.trial.screen  # noqa: F401

    highlight("pass", language="python")
    let_go()
