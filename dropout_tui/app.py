"""The Textual app: wiring only."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from textual import work
from textual.binding import Binding
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed, WorkerState

from dropout_core.budget import BUDGET
from dropout_core.config import EvaluationConfig
from dropout_core.evaluation import COMPLETED, DECIDED, STOPPED
from dropout_core.events import EvaluationEnded, Event
from dropout_core.models import Model, ModelUnusable
from dropout_core.models.credentials import key_configured
from dropout_core.session import Session, model_for
from dropout_core.state import EvaluationState
from dropout_core.store import Store, StoreUnusable, UnknownEvaluation
from dropout_core.store_faults import StoreBlocked
from dropout_core.trial_state import Status
from dropout_tui.answer_app import AnswerApp
from dropout_tui.changes import Changes
from dropout_tui.evaluation_commands import EvaluationCommands
from dropout_tui.exit_status import EXIT_INTERRUPTED, EXIT_USAGE
from dropout_tui.launch_form import LaunchForm, form_of
from dropout_tui.live import LiveEvaluation
from dropout_tui.news import News
from dropout_tui.opened_store import Complain, opened_store
from dropout_tui.personal_app import problem_with_theme
from dropout_tui.plain import again, closing
from dropout_tui.preferences import Preferences
from dropout_tui.resumed_session import resumed_session
from dropout_tui.screens.confirm import FINISH, QUIT, quit_dialog
from dropout_tui.screens.dashboard import DashboardScreen
from dropout_tui.screens.help import HelpScreen
from dropout_tui.screens.history import HistoryScreen
from dropout_tui.screens.launch import LaunchScreen
from dropout_tui.stored_commands import Then, start
from dropout_tui.terminal_title import title_of

SAMPLE_PACE = 80.0
"""Tokens a second at which the built-in samples stream on the screen: quick, and still to be read."""

TITLE_SECONDS = 1.0
"""How often the title of the terminal follows."""
NEWS_SECONDS = 0.5
"""How long news is gathered before it is told: many runs may go void at once."""
OUT_OF_BUDGET = "The budget lets no further run begin. Quit, and resume with a larger --budget."

_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_IN_FLIGHT = (Status.RUNNING, Status.PAUSING)


class DropoutApp(AnswerApp):
    """The dashboard, and the ways in and out of it."""

    TITLE = "dropout-tui"
    COMMANDS = AnswerApp.COMMANDS | {EvaluationCommands}
    BINDINGS = [
        Binding("ctrl+q", "leave", "Quit", id="app.leave", show=False, priority=True, tooltip="Leave the program"),
        Binding("ctrl+c", "copy_or_leave", "Interrupt", id="app.interrupt", show=False, priority=True,
                tooltip="Copy what is selected with the mouse; else leave the program"),
        Binding("f1", "toggle_help", "Help", id="app.keys", show=False, tooltip="What the keys do"),
    ]  # fmt: skip

    def __init__(
        self,
        store: Store,
        *,
        form: LaunchForm,
        first: EvaluationConfig | Session | None = None,
        paced: bool = True,
        changes: Changes | None = None,
        allow_weak_sandbox: bool = False,
        preferences: Preferences = Preferences(),  # noqa: B008
    ) -> None:
        """Begin with the launch form filled in with `form`, or at once. `paced` streams samples to be read.

        `first` is an evaluation to begin with: a new one, or a stored one to go on with.
        """
        super().__init__(store, preferences, allow_weak_sandbox=allow_weak_sandbox)
        self.live: LiveEvaluation | None = None
        """The evaluation on screen."""
        self.return_status = 0
        """The exit status of the program."""
        self.unsaved: str | None = None
        """Why the last of it could not be stored."""
        self._store = store
        self._form = form
        self._first = first
        self._paced = paced
        self._changes = changes
        self._allow_weak_sandbox = allow_weak_sandbox
        self._ending = asyncio.Event()
        self._runner: Worker[None] | None = None
        self._news = News()
        self._session: Session | None = None
        self._finishing: Worker[None] | None = None

    def on_mount(self) -> None:
        """Open the first screen."""
        if self._first is None:
            self.action_new_evaluation()
        else:
            self._open(self._first)
        self.call_after_refresh(self._warm_up)
        self.set_interval(TITLE_SECONDS, self._show_title)
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._end)

    def on_unmount(self) -> None:
        """No longer listen to signals, and leave the terminal as it was."""
        self.terminal_title.give_back()
        for number in _ENDING_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def _end(self) -> None:
        """Leave without a question: whoever sent the signal will not answer it."""
        self.return_status = EXIT_INTERRUPTED
        self._leave()

    async def action_quit(self) -> None:
        """What the command palette calls."""
        await self.action_leave()

    def action_new_evaluation(self) -> None:
        """Show the launch form; what it gives is started."""
        if self._in_flight():
            self.notify(
                "Cancel or finish the runs in flight first, then set up another evaluation.", markup=False
            )
            return
        self.push_screen(LaunchScreen(self._form, key_configured=key_configured()), self._launched)

    def action_history(self) -> None:
        """Show the stored evaluations."""
        if self.screen.is_modal:
            return
        if any(isinstance(screen, HistoryScreen) for screen in self.screen_stack):
            self._back_to(HistoryScreen)
        else:
            self.push_screen(HistoryScreen(self._store, self))

    @property
    def store(self) -> Store:
        """Where the evaluations are."""
        return self._store

    def number_open(self) -> int | None:
        """The evaluation that this program runs, or has run."""
        return None if self.live is None else self.live.number

    def show_open(self) -> None:
        """Back to its dashboard."""
        self._back_to(DashboardScreen)

    def go_on(self, number: int, then: Then) -> None:
        """Run a stored evaluation where it stands, in place of the one that is open, and have `then` done to it."""
        if self._in_flight():
            self.notify(
                "Cancel or finish the runs in flight first, then go on with another evaluation.", markup=False
            )
        else:
            self._resume(number, then)

    @work(group="going on", exclusive=True, exit_on_error=False)
    async def _resume(self, number: int, then: Then) -> None:
        try:
            session = await asyncio.to_thread(
                Session.resumed,
                self._store,
                number,
                self._model_for,
                allow_weak_sandbox=self._allow_weak_sandbox,
            )
        except (ModelUnusable, StoreUnusable, UnknownEvaluation) as error:
            self.notify(str(error), title="Cannot go on", severity="error", timeout=20, markup=False)
        else:
            self._open(session, then)

    def _back_to(self, kind: type[Screen[None]]) -> None:
        """Leave every screen above the lowest of this kind."""
        lowest = next(place for place, screen in enumerate(self.screen_stack) if isinstance(screen, kind))
        while len(self.screen_stack) > lowest + 1:
            self.pop_screen()

    def action_toggle_help(self) -> None:
        """Show what the keys do on this screen."""
        if not self.screen.is_modal:
            self.push_screen(HelpScreen(self.screen))

    async def action_leave(self) -> None:
        """Leave, after asking when runs are in flight."""
        under_way = self._in_flight()
        if not under_way:
            self._leave()
        elif not any(screen.is_modal for screen in self.screen_stack):
            self.push_screen(quit_dialog(under_way), self._quit_answered)

    def _quit_answered(self, answer: str | None) -> None:
        was_leaving = self._finishing is not None
        if self._finishing is not None:
            self._finishing.cancel()
            self._finishing = None
        if answer == QUIT:
            self._leave()
        elif answer == FINISH and self._session is not None:
            self._finishing = self.run_worker(
                self._leave_when_finished(self._session), group="finishing", exit_on_error=False
            )
        elif was_leaving:
            self.notify("Staying. Nothing more begins until you press s.", markup=False)

    async def _leave_when_finished(self, session: Session) -> None:
        """Let what is in flight end, begin nothing more, then leave."""
        self.notify("What is in flight still ends; then this closes. q asks again.", timeout=10, markup=False)
        session.evaluation.stop()
        await session.evaluation.finished()
        self._leave()

    async def action_copy_or_leave(self) -> None:
        """Copy what is selected; when nothing is, leave."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy(selected, "the selection")
            self.screen.clear_selection()
        else:
            await self.action_leave()

    def _launched(self, config: EvaluationConfig | None) -> None:
        if config is not None:
            self._form = form_of(config)
            self._open(config)
        elif not any(isinstance(screen, DashboardScreen | HistoryScreen) for screen in self.screen_stack):
            self._leave()

    def _open(self, what: EvaluationConfig | Session, then: Then = start) -> None:
        """Show an evaluation and run it: a new one, or a stored one that goes on. `then` is done to it first."""
        try:
            session = what if isinstance(what, Session) else self._new_session(what)
        except (ModelUnusable, StoreUnusable) as error:
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
            self._run_session(session, self.live, self._ending, then), group="evaluation", exit_on_error=False
        )

    def _new_session(self, config: EvaluationConfig) -> Session:
        model = self._model_for(config)
        return Session.new(self._store, config, model, allow_weak_sandbox=self._allow_weak_sandbox)

    def _model_for(self, config: EvaluationConfig) -> Model:
        return model_for(config, sample_pace=SAMPLE_PACE if self._paced else None)

    async def _run_session(
        self, session: Session, live: LiveEvaluation, ending: asyncio.Event, then: Then
    ) -> None:
        async with session:
            session.journal.listen(live.receive)
            session.journal.listen(self._follow)
            session.journal.listen_for_blockage(self._say_blocked)
            live.commands = session.evaluation
            self._session = session
            if self._changes is not None:
                self._changes.apply(session.evaluation, session.state.config)
            then(session.evaluation)
            try:
                await session.evaluation.until(ending)
            finally:
                live.commands = None
                self._session = None

    def _say_blocked(self, error: StoreBlocked | None) -> None:
        """Say why nothing moves while nothing can be stored, and that it does again."""
        if error is None:
            self.clear_notifications()
            self.notify("It can be written to again; the runs go on.", title="Store", markup=False)
        else:
            self.notify(
                f"{error}. The runs wait and nothing is lost; they go on when that has healed.",
                title="Held", severity="error", timeout=86_400, markup=False,
            )  # fmt: skip

    def _follow(self, events: Sequence[Event]) -> None:
        """Say what stopped an evaluation, and what the screen does not show."""
        for event in events:
            if isinstance(event, EvaluationEnded):
                self.ring()
                if event.reason == BUDGET:
                    self._complain(OUT_OF_BUDGET)
                elif event.reason not in (COMPLETED, DECIDED, STOPPED):
                    self._complain(f"{event.reason}. Press s to try again.")
        if self._news.take(events):
            self.set_timer(NEWS_SECONDS, self._tell)

    def _tell(self) -> None:
        """Tell the news, unless they are on screen."""
        if self.live is None or isinstance(self.page, DashboardScreen):
            self._news.forget()
            return
        for line in self._news.lines(self.live.number, self.live.state):
            self.say(line)

    def _show_title(self) -> None:
        if not self.away:
            self.terminal_title.show(title_of(None if self.live is None else self.live.state))

    def _complain(self, text: str) -> None:
        self.notify(text, title="Stopped", severity="error", timeout=60, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what ended an evaluation that could not go on."""
        if event.worker.group == "evaluation" and event.state is WorkerState.ERROR:
            self._complain(str(event.worker.error))
            if self.live is not None:
                self.live.halt()

    def _leave(self) -> None:
        self.run_worker(self._shut_down(), group="leaving", exit_on_error=False)

    async def _shut_down(self) -> None:
        self._ending.set()
        if self._runner is not None:
            try:
                await self._runner.wait()
            except WorkerFailed as failed:
                self.unsaved = str(failed.error)
            except WorkerCancelled:
                pass
        self.exit()

    def _in_flight(self) -> int:
        if self.live is None:
            return 0
        return sum(self.live.state.tally.count(status) for status in _IN_FLIGHT)

    @work(group="warming up", exit_on_error=False)
    async def _warm_up(self) -> None:
        """Import what the first request needs while the user reads the screen."""
        from dropout_core.models.anthropic import preload

        if key_configured():
            await asyncio.to_thread(preload)


def run_dashboard(
    store_path: Path,
    complain: Complain,
    *,
    form: LaunchForm,
    config: EvaluationConfig | None,
    allow_weak_sandbox: bool,
    preferences: Preferences,
) -> int:
    """Run the dashboard; afterwards the results stay on the terminal."""
    if (problem := problem_with_theme(preferences.theme)) is not None:
        complain(problem)
        return EXIT_USAGE
    with opened_store(store_path, complain) as store:
        if store is None:
            return EXIT_USAGE
        if config is not None:
            try:
                model_for(config)
            except ModelUnusable as error:
                complain(str(error))
                return EXIT_USAGE
        app = DropoutApp(
            store, form=form, first=config, allow_weak_sandbox=allow_weak_sandbox, preferences=preferences
        )
        return _run(app, store_path, complain)


def resume_dashboard(
    store_path: Path,
    complain: Complain,
    number: int | None,
    *,
    changes: Changes,
    allow_weak_sandbox: bool,
    preferences: Preferences,
) -> int:
    """Run the dashboard on a stored evaluation, or the newest that is not finished."""
    if (problem := problem_with_theme(preferences.theme)) is not None:
        complain(problem)
        return EXIT_USAGE

    def model_of(config: EvaluationConfig) -> Model:
        return model_for(config, sample_pace=SAMPLE_PACE)

    with opened_store(store_path, complain, create=False) as store:
        if store is None:
            return EXIT_USAGE
        try:
            session = resumed_session(store, number, changes, model_of, allow_weak_sandbox=allow_weak_sandbox)
        except UnknownEvaluation as error:
            complain(f"{error}; see: dropout-tui history")
            return EXIT_USAGE
        except (ModelUnusable, StoreUnusable) as error:
            complain(str(error))
            return EXIT_USAGE
        app = DropoutApp(
            store,
            form=form_of(session.state.config),
            first=session,
            changes=changes,
            allow_weak_sandbox=allow_weak_sandbox,
            preferences=preferences,
        )
        return _run(app, store_path, complain)


def _run(app: DropoutApp, store: Path, complain: Complain) -> int:
    app.run()
    if app.live is not None and not app.is_web:
        print(*_parting(app.live.number, app.live.state, store), sep="\n")
    if app.unsaved is not None:
        complain(app.unsaved)
    return app.return_status or app.return_code or 0


def _parting(number: int, state: EvaluationState, store: Path) -> list[str]:
    """What stays on the terminal."""
    lines = closing(number, state, store)
    if not state.settled:
        lines.append(f"Go on with: {again('resume', number, store)}")
    return lines
