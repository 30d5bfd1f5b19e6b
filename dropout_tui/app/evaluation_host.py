"""Hosts the evaluation that the program runs: opens, shows, resumes and ends it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from dropout_core.models import Model, ModelUnusable
from dropout_core.models.http.credentials import key_configured
from dropout_core.models.http.destination import destination_of
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session, model_for
from dropout_core.state.trial_state import Status
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.store import StoreUnusable, UnknownEvaluation
from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.notifications import Notifications
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.launch_form import LaunchForm, form_of
from dropout_tui.presenters.live_evaluation import LiveEvaluation
from dropout_tui.presenters.stored_commands import Then, start, start_with_voids
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.screens.dashboard import DashboardScreen
from dropout_tui.settings.known_addresses import AddressNotNamed, KnownAddresses, keep_address
from dropout_tui.text.nothing_left import finished_words

SAMPLE_PACE = 80.0
"""Tokens a second at which the built-in samples stream on screen: quick, but slow enough to read."""

ADDRESS_SECONDS = 20.0
"""Seconds for which the toast stays that says where requests go."""

_IN_FLIGHT = (Status.RUNNING, Status.PAUSING)


class EvaluationHost:
    """Runs at most one evaluation at a time, on the screens of an app."""

    def __init__(self, app: BaseApp, opened: StartPoint, *, paced: bool, allow_weak_sandbox: bool) -> None:
        """`paced` streams samples to be read."""
        self.live: LiveEvaluation | None = None
        """The evaluation on screen."""
        self.session: Session | None = None
        """Its session, while it takes commands."""
        self.unsaved: str | None = None
        """Why the latest events could not be stored."""
        self.store = opened.store
        self.notifications = Notifications(app, lambda: self.live)
        self._app = app
        self._form = opened.form
        self._known = opened.known or KnownAddresses()
        self._paced = paced
        self._allow_weak_sandbox = allow_weak_sandbox
        self._ending = asyncio.Event()
        self._runners: list[Worker[None]] = []
        """The newest worker, and earlier ones that are still closing."""

    @property
    def in_flight(self) -> int:
        """How many runs are in flight."""
        if self.live is None:
            return 0
        return sum(self.live.state.tally.count(status) for status in _IN_FLIGHT)

    def set_up(self, *, is_ready: bool = False) -> None:
        """Show the launch form, and start the evaluation that it returns. `is_ready` puts the cursor on its button."""
        from dropout_tui.screens.launch import LaunchScreen

        screen = LaunchScreen(
            self._form,
            key_configured=key_configured(),
            is_first=not self._shows_anything,
            is_ready=is_ready,
            variants=self._variants,
        )

        def launched(config: EvaluationConfig | None) -> None:
            if config is not None:
                self._form = form_of(config)
                self.open(config)
            elif self._shows_anything:
                self._form = screen.left
            else:
                self._app.run_worker(self._app.action_quit(), group="leaving", exit_on_error=False)

        self._app.push_screen(screen, launched)

    def set_up_like(self, config: EvaluationConfig, *, suite: str) -> None:
        """Show the launch form, filled in as `config` is, for another suite."""
        self._form = replace(form_of(config), suite=suite)
        self.set_up()

    def set_up_as(self, form: LaunchForm) -> None:
        """Show the launch form, filled in as `form` is, so that one key starts it."""
        self._form = form
        self.set_up(is_ready=True)

    def _variants(self, task: str) -> tuple[PromptVariant, ...]:
        """The prompts that people made for a task. A store that cannot be read is complained of elsewhere."""
        try:
            return self.store.prompt_variants(choose_task(task).name)
        except (StoreUnusable, TaskUnusable):
            return ()

    def prompt_names(self, task: str) -> set[str]:
        """The names of these prompts."""
        return {one.name for one in self._variants(task)}

    @property
    def _shows_anything(self) -> bool:
        """Whether there is a screen to return to."""
        from dropout_tui.screens.history import HistoryScreen

        return any(isinstance(one, DashboardScreen | HistoryScreen) for one in self._app.screen_stack)

    def open(
        self, what: EvaluationConfig | Session, then: Then = start, changes: ResumeOverrides | None = None
    ) -> None:
        """Show an evaluation and run it: a new one, or a stored one, resumed with `changes`. The command `then` is
        sent to it first."""
        try:
            session = what if isinstance(what, Session) else self._new_session(what)
        except (ModelUnusable, StoreUnusable) as error:
            self._cannot("start", error)
            if self.live is None:
                self.set_up()
            return
        self.live = LiveEvaluation(session.number, session.state)
        while len(self._app.screen_stack) > 1:
            self._app.pop_screen()
        self._app.push_screen(DashboardScreen(self.live, self.store))
        self._say_where_requests_go((changes or ResumeOverrides()).of(session.state.config))
        self._ending.set()
        self._ending = asyncio.Event()
        self._runners = [runner for runner in self._runners if not runner.is_finished]
        self._runners.append(
            self._app.run_worker(
                self._run(session, self.live, self._ending, then, changes),
                group="evaluation",
                exit_on_error=False,
            )
        )

    async def go_on(self, number: int, then: Then) -> None:
        """Resume a stored evaluation in place of the one that is open, and send it the command `then`."""
        try:
            session = await asyncio.to_thread(
                Session.resumed,
                self.store,
                number,
                self._model_of_stored,
                allow_weak_sandbox=self._allow_weak_sandbox,
            )
        except AddressNotNamed as unnamed:
            self._ask(unnamed, number, then)
        except (ModelUnusable, StoreUnusable, UnknownEvaluation) as error:
            self._cannot("go on", error)
        else:
            self.open(session, then)

    def _ask(self, unnamed: AddressNotNamed, number: int, then: Then) -> None:
        """Ask whether requests may go to an address that only the store names, and resume if they may."""
        send, leave = "send", "leave"

        def answered(answer: str | None) -> None:
            if answer == send:
                self._known = self._known.with_one(unnamed.destination.address)
                self._app.run_worker(
                    self.go_on(number, then), group="going on", exclusive=True, exit_on_error=False
                )

        choices = [Choice(send, "y", "Yes, send them there"), Choice(leave, "n", "No, send nothing")]
        self._app.push_screen(
            ConfirmScreen(unnamed.question, choices, safe=leave, title="Send the key?"), answered
        )

    def _say_where_requests_go(self, config: EvaluationConfig) -> None:
        destination = destination_of(config)
        if destination is not None and not destination.is_usual:
            words = destination.words
            self._app.notify(
                words[0].upper() + words[1:] + ".", severity="warning", timeout=ADDRESS_SECONDS, markup=False
            )

    def back_to(self, kind: type[Screen[None]]) -> None:
        """Close every screen above the lowest of this class."""
        stack = self._app.screen_stack
        lowest = next(place for place, screen in enumerate(stack) if isinstance(screen, kind))
        while len(self._app.screen_stack) > lowest + 1:
            self._app.pop_screen()

    async def finish(self) -> None:
        """Let the runs in flight end, and begin no more."""
        if self.session is not None:
            self.session.evaluation.stop()
            await self.session.evaluation.finished()

    async def end(self) -> None:
        """Stop the evaluation, and store what it has."""
        self._ending.set()
        for runner in self._runners:
            try:
                await runner.wait()
            except WorkerFailed as failed:
                self.unsaved = str(failed.error)
            except WorkerCancelled:
                pass

    def failed(self, error: BaseException | None) -> None:
        """Report why the evaluation failed."""
        self.notifications.complain(str(error))
        if self.live is not None:
            self.live.halt()

    def _cannot(self, what: str, error: Exception) -> None:
        self._app.notify(str(error), title=f"Cannot {what}", severity="error", timeout=20, markup=False)

    def _new_session(self, config: EvaluationConfig) -> Session:
        model = self._model_for(config)
        keep_address(config)
        return Session.new(self.store, config, model, allow_weak_sandbox=self._allow_weak_sandbox)

    def _model_of_stored(self, config: EvaluationConfig) -> Model:
        self._known.check(config)
        return self._model_for(config)

    def _model_for(self, config: EvaluationConfig) -> Model:
        return model_for(config, sample_pace=SAMPLE_PACE if self._paced else None)

    async def _run(
        self,
        session: Session,
        live: LiveEvaluation,
        ending: asyncio.Event,
        then: Then,
        changes: ResumeOverrides | None,
    ) -> None:
        async with session:
            if ending.is_set():  # another evaluation was opened meanwhile
                return
            session.journal.listen(live.receive)
            session.journal.listen(self.notifications.follow)
            session.journal.listen_for_blockage(lambda error: self._blocked(live, error))
            live.commands = session.evaluation
            self.session = session
            if session.notice is not None:
                self._app.notify(session.notice, severity="warning", markup=False)
            if changes is not None:
                changes.apply(session.evaluation, session.state.config)
                if changes.repeats_voids:
                    then = start_with_voids
            changed = changes is not None and changes.changes_plan(session.state.config)
            finished = None if changed else finished_words(session.number, session.state)
            if finished is not None and then is start:
                self._app.notify(
                    f"{finished.capitalize()}. r makes a new attempt, A adds 20 runs.", markup=False
                )
            why = then(session.evaluation)
            if why is not None and finished is None:
                self._app.notify(why, severity="warning", markup=False)
            try:
                await session.evaluation.until(ending)
            finally:
                live.commands = None
                if self.session is session:
                    self.session = None
                self.notifications.forget_blockage()

    def _blocked(self, live: LiveEvaluation, error: StoreBlocked | None) -> None:
        """Hold the evaluation and its clock while nothing can be stored, and tell the user."""
        if error is not None:
            live.hold(time.time())
        self.notifications.say_blocked(error)
