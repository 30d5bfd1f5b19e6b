"""The Textual app: wiring only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from textual.app import App
from textual.binding import Binding
from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

from dropout_core.config import EvaluationConfig
from dropout_core.evaluation import COMPLETED, DECIDED, STOPPED
from dropout_core.events import EvaluationEnded, Event
from dropout_core.models import ModelUnusable
from dropout_core.models.credentials import key_configured
from dropout_core.session import Session, model_for
from dropout_core.state import EvaluationState, Status
from dropout_core.store import Store, StoreUnusable, UnknownEvaluation
from dropout_tui.launch_form import LaunchForm, form_of
from dropout_tui.live import LiveEvaluation
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.plain import EXIT_USAGE, closing
from dropout_tui.screens.confirm import QUIT, quit_dialog
from dropout_tui.screens.dashboard import DashboardScreen
from dropout_tui.screens.launch import LaunchScreen

SAMPLE_PACE = 80.0
"""Tokens a second at which the built-in samples stream on the screen: quick, and still to be read."""

_IN_FLIGHT = (Status.RUNNING, Status.PAUSING)


class DropoutApp(App[None]):
    """The dashboard, and the ways in and out of it."""

    TITLE = "dropout-tui"
    BINDINGS = [
        Binding("ctrl+q,ctrl+c", "leave", "Quit", id="app.leave", show=False, priority=True, tooltip="Leave"),
        Binding("f1", "toggle_help", "Help", id="app.keys", show=False, tooltip="What the keys do"),
    ]

    def __init__(
        self,
        store: Store,
        *,
        form: LaunchForm,
        first: EvaluationConfig | int | None = None,
        sample_pace: float | None = SAMPLE_PACE,
    ) -> None:
        """Begin with the launch form filled in with `form`, or at once.

        `first` is an evaluation to begin with: a new one, or the number of a stored one to go on with.
        """
        super().__init__()
        self.live: LiveEvaluation | None = None
        """The evaluation on screen."""
        self._store = store
        self._form = form
        self._first = first
        self._sample_pace = sample_pace
        self._ending = asyncio.Event()
        self._runner: Worker[None] | None = None

    def on_mount(self) -> None:
        """Open the first screen."""
        if self._first is None:
            self.action_new_evaluation()
        else:
            self._open(self._first)
        self.call_after_refresh(self._warm_up)

    def action_new_evaluation(self) -> None:
        """Show the launch form; what it gives is started."""
        if self._in_flight():
            self.notify(
                "Cancel or finish the runs in flight first, then set up another evaluation.", markup=False
            )
            return
        self.push_screen(LaunchScreen(self._form, key_configured=key_configured()), self._launched)

    def action_toggle_help(self) -> None:
        """Show or hide what the keys do."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    async def action_leave(self) -> None:
        """Leave, after asking when runs are in flight."""
        under_way = self._in_flight()
        if not under_way:
            self._leave()
        elif not any(screen.is_modal for screen in self.screen_stack):
            self.push_screen(quit_dialog(under_way), lambda answer: self._leave() if answer == QUIT else None)

    def _launched(self, config: EvaluationConfig | None) -> None:
        if config is not None:
            self._form = form_of(config)
            self._open(config)
        elif self.live is None:
            self._leave()

    def _open(self, what: EvaluationConfig | int) -> None:
        """Show an evaluation and run it: a new one, or a stored one that goes on."""
        try:
            session = self._session(what)
        except (ModelUnusable, StoreUnusable, UnknownEvaluation) as error:
            self.notify(str(error), title="Cannot start", severity="error", timeout=20, markup=False)
            if self.live is None:
                self.push_screen(LaunchScreen(self._form, key_configured=key_configured()), self._launched)
            return
        self.live = LiveEvaluation(session.number, session.state)
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.push_screen(DashboardScreen(self.live, self._store))
        self._ending.set()
        self._ending = asyncio.Event()
        self._runner = self.run_worker(
            self._run_session(session, self.live, self._ending), group="evaluation", exit_on_error=False
        )

    def _session(self, what: EvaluationConfig | int) -> Session:
        if isinstance(what, EvaluationConfig):
            model = model_for(what, sample_pace=self._sample_pace)
            return Session.new(self._store, what, model)
        state = self._store.state(what)
        self._form = form_of(state.config)
        return Session(self._store, what, state, model_for(state.config, sample_pace=self._sample_pace))

    async def _run_session(self, session: Session, live: LiveEvaluation, ending: asyncio.Event) -> None:
        async with session:
            session.journal.listen(live.receive)
            session.journal.listen(self._say_what_stopped_it)
            live.commands = session.evaluation
            session.evaluation.start()
            try:
                await session.evaluation.until(ending)
            finally:
                live.commands = None

    def _say_what_stopped_it(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, EvaluationEnded) and event.reason not in (COMPLETED, DECIDED, STOPPED):
                self._complain(f"{event.reason}. Press s to try again.")

    def _complain(self, text: str) -> None:
        self.notify(text, title="Stopped", severity="error", timeout=60, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what ended an evaluation that could not go on."""
        if event.worker.group == "evaluation" and event.state is WorkerState.ERROR:
            self._complain(str(event.worker.error))

    def _leave(self) -> None:
        self.run_worker(self._shut_down(), group="leaving", exit_on_error=False)

    async def _shut_down(self) -> None:
        self._ending.set()
        if self._runner is not None:
            with suppress(WorkerFailed, WorkerCancelled):
                await self._runner.wait()
        self.exit()

    def _in_flight(self) -> int:
        if self.live is None:
            return 0
        return sum(self.live.state.tally.count(status) for status in _IN_FLIGHT)

    def _warm_up(self) -> None:
        """Import what the first request needs while the user reads the screen."""

        def warm_up() -> None:
            from dropout_core.models.anthropic import preload

            if key_configured():
                preload()

        self.run_worker(asyncio.to_thread(warm_up), group="warming up", exit_on_error=False)


def run_dashboard(
    store_path: Path, complain: Complain, *, form: LaunchForm, config: EvaluationConfig | None
) -> int:
    """Run the dashboard; afterwards the results stay on the terminal."""
    with opened_store(store_path, complain) as store:
        if store is None:
            return EXIT_USAGE
        if config is not None:
            try:
                model_for(config)
            except ModelUnusable as error:
                complain(str(error))
                return EXIT_USAGE
        return _run(DropoutApp(store, form=form, first=config))


def resume_dashboard(store_path: Path, complain: Complain, number: int | None) -> int:
    """Run the dashboard on a stored evaluation, or the newest that is not finished."""
    with opened_store(store_path, complain) as store:
        if store is None:
            return EXIT_USAGE
        chosen = store.newest_unfinished() if number is None else number
        try:
            if chosen is None:
                raise UnknownEvaluation(f"no evaluation in {store_path} is unfinished")
            state = store.state(chosen)
            model_for(state.config)
        except (ModelUnusable, StoreUnusable, UnknownEvaluation) as error:
            complain(f"{error}; see: dropout-tui history")
            return EXIT_USAGE
        return _run(DropoutApp(store, form=form_of(state.config), first=chosen))


def _run(app: DropoutApp) -> int:
    app.run()
    if app.live is not None:
        print(*_parting(app.live.number, app.live.state), sep="\n")
    return app.return_code or 0


def _parting(number: int, state: EvaluationState) -> list[str]:
    """What stays on the terminal."""
    lines = closing(number, state)
    if not state.settled:
        lines.append(f"Go on with: dropout-tui resume {number}")
    return lines
