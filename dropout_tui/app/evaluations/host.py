"""Hosts the evaluations of the program: opens, queues, shows, resumes and ends them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Literal

from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from dropout_core.costs.purse import Purse
from dropout_core.models import ModelUnusable
from dropout_core.models.http.destination import told_first
from dropout_core.running.evaluation_line import EvaluationLine
from dropout_core.running.overrides import ResumeOverrides
from dropout_core.running.session import Session
from dropout_core.state.events import ConcurrencyChanged, EvaluationEnded, EvaluationReopened, Event
from dropout_core.storage.errors import StoreBlocked
from dropout_core.storage.store import StoreUnusable, UnknownEvaluation
from dropout_core.values.annotation import UNANNOTATED, Annotation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.app.base_app import BaseApp
from dropout_tui.app.evaluations.hosted import HostedEvaluation
from dropout_tui.app.evaluations.launching import Launching
from dropout_tui.app.evaluations.session_opening import SessionOpening
from dropout_tui.app.evaluations.shared_limits import SharedLimits
from dropout_tui.app.evaluations.store_blockage import StoreBlockage
from dropout_tui.app.startup import StartPoint
from dropout_tui.presenters.evaluations.command_refusal import Refusal
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.presenters.evaluations.stored_commands import Then, start
from dropout_tui.screens.confirm import Choice, ConfirmScreen
from dropout_tui.settings.known_addresses import AddressNotNamed

ADDRESS_SECONDS = 20.0
"""Seconds for which the toast stays that says where requests go."""

_CHANGING = (ConcurrencyChanged, EvaluationEnded, EvaluationReopened)
"""Events that may change the common limit, and whether the next in line begins."""


class EvaluationHost:
    """Runs evaluations side by side, on the screens of an app, and keeps those in line that wait for others."""

    def __init__(self, app: BaseApp, opened: StartPoint, *, paced: bool, allow_weak_sandbox: bool) -> None:
        """`paced` streams samples to be read."""
        self.unsaved: str | None = None
        """Why the latest events could not be stored."""
        self.store = opened.store
        self._hosted: list[HostedEvaluation] = []
        self._shown: HostedEvaluation | None = None
        self._line = EvaluationLine()
        self._line_is_held = False
        self.limits = SharedLimits(
            app,
            lambda: (each.live for each in self._hosted),
            self._adjust,
            opened.purse or Purse(),
            allow_weak_sandbox=allow_weak_sandbox,
        )
        """What all may have in flight and may cost together."""
        self._side_by_side = self.limits.side_by_side
        self._blockage = StoreBlockage(app)
        self._app = app
        self._sessions = SessionOpening(
            opened.store, opened.known, paced=paced, allow_weak_sandbox=allow_weak_sandbox
        )
        self.launching = Launching(app, opened.form, opened.store, self._sessions.knows, self)
        """Sets up further ones."""
        self._names = map("evaluation screen {}".format, count(1))

    # ---- what there is --------------------------------------------------------------------------------------------

    @property
    def live(self) -> LiveEvaluation | None:
        """The evaluation that was looked at last."""
        return None if self._shown is None else self._shown.live

    @property
    def evaluations(self) -> tuple[LiveEvaluation, ...]:
        """All of this program: those that have begun in the order in which they did, then those in line."""
        return tuple(each.live for each in self._in_order)

    @property
    def in_flight(self) -> int:
        """How many runs are in flight, of all evaluations together."""
        return sum(each.in_flight for each in self._hosted)

    @property
    def evaluations_in_flight(self) -> int:
        """How many evaluations have runs in flight."""
        return sum(each.in_flight > 0 for each in self._hosted)

    @property
    def in_line(self) -> int:
        """How many evaluations wait for others."""
        return len(self._line.waiting)

    @property
    def line_is_held(self) -> bool:
        """Whether none of those in line begins by itself, since the program was to end."""
        return self._line_is_held and bool(self.in_line)

    @property
    def all_wait_for_batches(self) -> bool:
        """Whether runs are in flight, and each waits for a batch."""
        # An attempt is still there for a moment after its run has ended.
        batched = sum(attempt.batch is not None for each in self._side_by_side for attempt in each.in_flight)
        return 0 < self.in_flight <= batched

    @property
    def numbers_open(self) -> frozenset[int]:
        """The numbers of the evaluations that this program holds on to. One that has failed is none of them."""
        return frozenset(each.number for each in self._hosted if not each.live.halted)

    @property
    def is_under_way(self) -> bool:
        """Whether an evaluation has begun and not ended."""
        return any(each.is_under_way for each in self._hosted)

    @property
    def _in_order(self) -> list[HostedEvaluation]:
        begun = [each for each in self._hosted if each.has_begun]
        return [*begun, *(self._of(number) for number in self._line.waiting)]

    def _of(self, number: int) -> HostedEvaluation:
        return next(each for each in self._hosted if each.number == number)

    # ---- opening --------------------------------------------------------------------------------------------------

    def open(
        self,
        what: EvaluationConfig | Session,
        then: Then = start,
        changes: ResumeOverrides | None = None,
        *,
        queued: bool = False,
        annotation: Annotation = UNANNOTATED,
    ) -> bool:
        """Show an evaluation and run it: a new one with an `annotation`, or a stored one, resumed with `changes`. The
        command `then` is sent to it first. One that is `queued` begins when nothing else is under way. Returns whether
        it could be opened."""
        try:
            session = what if isinstance(what, Session) else self._sessions.new(what, annotation)
        except (ModelUnusable, StoreUnusable) as error:
            self._cannot("start", error)
            if self.live is None:
                self.launching.set_up()
            return False
        before = [each for each in self._hosted if each.number == session.number]
        hosted = HostedEvaluation(self._app, session, then, changes)
        self._hosted = [*(each for each in self._hosted if each not in before), hosted]
        self._say_where_requests_go((changes or ResumeOverrides()).of(session.state.config))
        if queued and self.is_under_way:
            session.wait_in_line()
            self._line = self._line.joined(hosted.number)
            hosted.live.refusal = Refusal(
                f"Evaluation {hosted.number} is queued. s in the list (l) starts it now."
            )
            self._app.notify(
                f"Evaluation {hosted.number} is queued: it begins when nothing else is under way. l lists them.",
                markup=False,
            )
            self._adjust()
        else:
            self._begin(hosted)
            self.show(hosted.number)
        for each in before:
            self._put_away(each)
        return True

    def _begin(self, hosted: HostedEvaluation) -> None:
        self._line = self._line.left(hosted.number)
        self._line_is_held = False
        # Those that run come in the order in which they began.
        self._hosted.remove(hosted)
        self._hosted.append(hosted)
        hosted.live.refusal = None
        hosted.session.run_beside(self._side_by_side.beside(hosted.live.state.config))
        hosted.worker = self._app.run_worker(self._run(hosted), group="evaluation", exit_on_error=False)
        self._adjust()

    def begin_now(self, number: int) -> None:
        """Begin an evaluation that waits in line, beside those that run."""
        if number in self._line.waiting:
            self._begin(self._of(number))

    async def begin_again(self, number: int) -> None:
        """Open an evaluation again that broke off, and go on with it."""
        await self.go_on(number, start)

    def move(self, number: int, by: int) -> None:
        """Let an evaluation that waits in line come earlier or later."""
        self._line = self._line.moved(number, by)
        self._adjust()

    def _adjust(self) -> None:
        """What has changed may change the limit, whose turn it is, and where each stands."""
        asked = [each.live.state.limit for each in self._hosted if each.is_under_way]
        self.limits.follow(asked)
        if not self._line_is_held:
            number = self._line.next(under_way=self.is_under_way)
            if number is not None:
                self._begin(self._of(number))
                return
        ordered = self._in_order
        shares, limit = len(ordered) > 1, self.limits.limit
        for place, each in enumerate(ordered, 1):
            each.live.stand(
                (place, len(ordered)) if shares else None,
                self._line.place_of(each.number),
                limit if shares or limit.is_chosen else None,
            )

    # ---- going between them ---------------------------------------------------------------------------------------

    def show(self, number: int) -> None:
        """Show the dashboard of an evaluation of this program, and close the screens above it."""
        from dropout_tui.screens.dashboard.screen import DashboardScreen

        hosted = self._shown = self._of(number)
        if hosted.screen is None:
            hosted.screen = DashboardScreen(hosted.live, self.store)
            # An installed screen is kept while others are shown.
            self._app.install_screen(hosted.screen, next(self._names))
        while len(self._app.screen_stack) > 1 and self._app.screen is not hosted.screen:
            self._app.pop_screen()
        if self._app.screen is not hosted.screen:
            self._app.push_screen(hosted.screen)

    def show_list(self) -> None:
        """Show the list of all evaluations; where it is below others, go back to it."""
        from dropout_tui.screens.evaluations.evaluation_list import EvaluationListScreen

        if any(isinstance(screen, EvaluationListScreen) for screen in self._app.screen_stack):
            self.back_to(EvaluationListScreen)
        else:
            self._app.push_screen(EvaluationListScreen(self))

    async def close(self, number: int) -> str | None:
        """Take an evaluation off the list that has ended or waits in line: it stays in the store. Returns why not."""
        hosted = self._of(number)
        if hosted.is_under_way:
            return f"Evaluation {number} is under way. Cancel its runs first (x)."
        others = [each for each in self._in_order if each is not hosted]
        if not others:
            return "It is the only one. q leaves the program."
        self._line = self._line.left(number)
        self._hosted.remove(hosted)
        if self._shown is hosted:
            self.show(others[0].number)
            self.show_list()
        self._put_away(hosted)
        await self._closed(hosted)
        self._adjust()
        return None

    def _put_away(self, hosted: HostedEvaluation) -> None:
        """Let go of the dashboard of an evaluation that is hosted no more."""
        if hosted.screen is not None:
            self._app.uninstall_screen(hosted.screen)
            hosted.screen.remove()

    async def _closed(self, hosted: HostedEvaluation) -> None:
        """Wait until it is closed, and all that it came to is stored."""
        hosted.ending.set()
        if hosted.worker is None:
            await hosted.session.abandon()
            return
        try:
            await hosted.worker.wait()
        except WorkerFailed as failed:
            self.unsaved = str(failed.error)
        except WorkerCancelled:
            pass

    async def go_on(self, number: int, then: Then) -> None:
        """Resume a stored evaluation beside those that run, and send it the command `then`."""
        try:
            session = await asyncio.to_thread(self._sessions.resumed, number)
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
                self._sessions.allow(unnamed.destination.address)
                self._app.run_worker(
                    self.go_on(number, then), group="going on", exclusive=True, exit_on_error=False
                )

        choices = [Choice(send, "y", "Yes, send them there"), Choice(leave, "n", "No, send nothing")]
        self._app.push_screen(
            ConfirmScreen(unnamed.question, choices, safe=leave, title="Send the key?"), answered
        )

    def _say_where_requests_go(self, config: EvaluationConfig) -> None:
        if words := told_first(config):
            severity: Literal["information", "warning"] = "information" if config.is_local else "warning"
            self._app.notify(
                words[0].upper() + words[1:] + ".", severity=severity, timeout=ADDRESS_SECONDS, markup=False
            )

    def back_to(self, kind: type[Screen[None]]) -> None:
        """Close every screen above the lowest of this class."""
        stack = self._app.screen_stack
        lowest = next(place for place, screen in enumerate(stack) if isinstance(screen, kind))
        while len(self._app.screen_stack) > lowest + 1:
            self._app.pop_screen()

    # ---- ending ---------------------------------------------------------------------------------------------------

    async def finish(self) -> None:
        """Let the runs in flight end, and begin no more."""
        self._line_is_held = True
        open_ones = [each.session.evaluation for each in self._hosted if each.takes_commands]
        for evaluation in open_ones:
            evaluation.stop()
        await asyncio.gather(*(evaluation.finished() for evaluation in open_ones))

    async def end(self) -> None:
        """Stop all evaluations, and store what they have."""
        self._line_is_held = True
        await asyncio.gather(*map(self._closed, self._hosted))
        await self._side_by_side.close()

    def failed(self, worker: Worker[None]) -> None:
        """Report why an evaluation failed. The others go on."""
        for hosted in self._hosted:
            if hosted.worker is worker:
                hosted.notifications.complain(str(worker.error))

    def _cannot(self, what: str, error: Exception) -> None:
        self._app.notify(str(error), title=f"Cannot {what}", severity="error", timeout=20, markup=False)

    async def _run(self, hosted: HostedEvaluation) -> None:
        live, journal = hosted.live, hosted.session.journal
        journal.listen(live.receive)
        journal.listen(hosted.notifications.follow)
        journal.listen(partial(self._heard, hosted))
        journal.listen_for_blockage(partial(self._blocked, live))
        try:
            async with hosted.session as session:
                if not hosted.ending.is_set():  # it may have been closed meanwhile
                    self._side_by_side.add(session.evaluation)
                    live.commands = session.evaluation
                    live.version += 1
                    if not self._line_is_held:  # the user may be leaving
                        hosted.send_first_commands(self._app)
                    await session.evaluation.until(hosted.ending)
        except Exception:  # whatever it is: nothing runs any more, and `failed` tells the user of it
            live.halt()
            raise
        finally:
            if live.commands is not None:
                live.commands = None
                live.hold_back(None)
                self._side_by_side.remove(hosted.session.evaluation)
            self._blockage.forget(live.number)
            self._adjust()

    def _heard(self, hosted: HostedEvaluation, events: Sequence[Event]) -> None:
        if hosted.takes_commands:
            self._side_by_side.heard_of(hosted.session.evaluation)
        if any(isinstance(event, _CHANGING) for event in events):
            self._adjust()

    def _blocked(self, live: LiveEvaluation, error: StoreBlocked | None) -> None:
        """Hold the evaluation and its clock while nothing can be stored, and tell the user."""
        if error is not None:
            live.hold(time.time())
        self._blockage.say(live.number, error)
