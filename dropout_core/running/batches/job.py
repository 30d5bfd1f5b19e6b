"""One batch, from its plan to the last of its results."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from dropout_core.models import ModelError, ModelUnusable, TryAgain
from dropout_core.models.anthropic.message_batches import BatchGone, MaybeSubmitted, MessageBatches, SeenBatch
from dropout_core.models.http.credentials import one_line
from dropout_core.models.retry.backoff import retry_wait
from dropout_core.models.retry.retrying import FailedTry
from dropout_core.running.batches.custom_ids import custom_id
from dropout_core.running.batches.lost_batch import LostBatch, Undecidable
from dropout_core.running.batches.pace import BatchPace
from dropout_core.running.batches.waiting import WaitingRequest
from dropout_core.state import events
from dropout_core.state.batch_state import BatchState

AGAIN = "--batch-again"
"""Option that decides what the program cannot."""
NEVER_SUBMITTED = "never submitted"
CANCELLED = "cancelled"
TOO_LATE = "answered in its batch after it was cancelled"
GIVEN_UP = "given up"
CANCEL_SECONDS = 10.0
"""Seconds to wait until a server knows that a batch is cancelled."""
_Answer = TypeVar("_Answer")


class AskAnew(ModelError):
    """The batch does not exist: its requests wait for another one."""


@dataclass(frozen=True, slots=True)
class BatchContext:
    """Everything that the batches of an evaluation share."""

    server: MessageBatches
    evaluation: int
    record: Callable[[events.Event], None]
    stored: Callable[[], Awaitable[None]]
    """Waits until everything recorded so far is durable."""
    clock: Callable[[], float]
    batches: Callable[[], tuple[BatchState, ...]]
    """The batches of the evaluation so far."""
    known_ids: Callable[[], frozenset[str]]
    """Ids of all batches that this store knows, of whichever evaluation."""
    pace: BatchPace
    again: bool
    """Whether a batch is given up of which nothing can be found out, and its requests are asked anew."""


class BatchJob:
    """Submits a batch, asks how far it has come, and hands out its results."""

    def __init__(
        self,
        number: int,
        context: BatchContext,
        *,
        fresh: bool,
        is_wanted: Callable[[int], bool],
        changed: Callable[[], None],
    ) -> None:
        """One that is `fresh` was planned just now; another may have been submitted. `is_wanted` says whether a trial
        has a request in the batch of a number that the user has not cancelled. `changed` is called when its results
        have been handed out."""
        self.number = number
        self.is_delivering = False
        """Whether its results are being handed out."""
        self._context = context
        self._mark = self._state.mark
        self._fresh = fresh
        self._is_wanted = is_wanted
        self._changed = changed
        self._waiting: dict[str, WaitingRequest] = {}
        self._abandoned: dict[str, WaitingRequest] = {}
        """Requests that the user has cancelled: their replies are paid for all the same."""
        self._unwanted = False
        """Whether the user has cancelled all that waited for it."""
        self._is_left = False
        """Whether it goes on at the server, and nobody here waits for it."""
        self._told = asyncio.Event()
        """Whether the server knows that."""
        self._task: asyncio.Task[None] | None = None

    @property
    def trials(self) -> set[int]:
        """Trials that wait for it."""
        return {each.request.trial for each in self._waiting.values()}

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is done here for it, so that whoever waits for it again takes it up anew."""
        return self._is_left or (self._task is not None and self._task.done())

    def add(self, waiting: WaitingRequest) -> None:
        """Let a request wait for its result."""
        self._waiting[self._id_of(waiting)] = waiting

    def _id_of(self, waiting: WaitingRequest) -> str:
        return custom_id(self._mark, self._context.evaluation, waiting.request)

    def start(self) -> None:
        """Begin, or go on where an earlier program was ended."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"batch {self.number}")

    def withdraw(self, waiting: WaitingRequest, *, void: bool) -> None:
        """A request is not waited for any more. Where that is the user's will (`void`), the server is told when nobody
        wants the batch; otherwise it goes on there."""
        key = self._id_of(waiting)
        if self._waiting.get(key) is not waiting:
            return
        del self._waiting[key]
        if void:
            self._abandoned[key] = waiting
        if self._waiting or self.is_delivering:
            return
        if void and not self._is_wanted(self.number):
            self.cancel()
        elif self._task is not None:
            self._is_left = True
            self._task.cancel()

    def cancel(self) -> None:
        """Have the server answer no more of it, as soon as it is submitted."""
        if self._unwanted:
            return
        self._unwanted = True
        if self._task is None or self._state.id is not None:
            if self._task is not None:
                self._task.cancel()
            self._task = asyncio.get_running_loop().create_task(self._cancel())

    async def told(self) -> None:
        """Wait until the server knows that the user has cancelled it, if that is so and it can be reached."""
        if self._unwanted:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), CANCEL_SECONDS)

    async def close(self) -> None:
        """Leave the batch to its server; one that the user has cancelled is cancelled there first."""
        if self._task is None:
            return
        await self.told()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def _state(self) -> BatchState:
        return next(each for each in self._context.batches() if each.number == self.number)

    async def _run(self) -> None:
        try:
            id_ = self._state.id or await self._submit()
            if self._unwanted:
                await self._cancel()
                return
            await self._end_of(id_)
            self.is_delivering = True
            await self._deliver(id_)
        except ModelError as error:
            self._fail_all(error)
            self._told.set()
        finally:
            self.is_delivering = False
            self._changed()

    def _fail_all(self, error: ModelError) -> None:
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.fail(error)

    async def _submit(self) -> str:
        """Submit the batch, unless the server has it already; its id.

        Raises:
            AskAnew: the server does not have it.
            ModelUnusable: the server does not take it, or it cannot be told whether it has.
        """
        await self._context.stored()
        while True:
            if self._fresh:
                self._check_size()
                with contextlib.suppress(MaybeSubmitted):
                    return await self._create()
            found = await self._found()
            if found is not None:
                self._submitted(found)
                await self._context.stored()
                return found.id
            if not self._fresh:
                raise self._dropped(NEVER_SUBMITTED)

    def _check_size(self) -> None:
        """Check that what is about to be submitted is what was planned: it would not be recognised otherwise.

        Raises:
            AskAnew: some of it has been cancelled since.
        """
        if len(self._waiting) != self._state.requests:
            raise self._dropped(NEVER_SUBMITTED)

    async def _found(self) -> SeenBatch | None:
        """The batch, if the server has it.

        Raises:
            AskAnew: nobody can tell, and the user wants the requests to be asked anew.
            ModelUnusable: nobody can tell.
        """
        try:
            return await LostBatch(self._state, self._context, self._patiently, self._say).found()
        except Undecidable as error:
            requests = self._state.requests
            self._decide(f"it cannot be told whether a batch of {requests} requests was submitted", error)

    async def _create(self) -> str:
        requests = {key: each.request for key, each in self._waiting.items()}
        try:
            seen = await self._patiently(lambda: self._context.server.create(requests))
        except MaybeSubmitted as error:
            self._say(f"{error} while it was submitted")
            raise
        except ModelUnusable:
            self._dropped(NEVER_SUBMITTED)
            raise
        self._submitted(seen)
        await self._context.stored()
        return seen.id

    def _submitted(self, seen: SeenBatch) -> None:
        context = self._context
        context.record(
            events.BatchSubmitted(
                at=context.clock(), batch=self.number, id=seen.id, expires_at=seen.expires_at
            )
        )

    async def _end_of(self, id_: str) -> None:
        """Wait until the server has done all it will do."""
        for wait in self._context.pace.waits():
            try:
                seen = await self._patiently(lambda: self._context.server.retrieve(id_))
            except BatchGone as error:
                self._decide(f"batch {one_line(id_)} is lost", error)
            self._say("", seen.done)
            if seen.ended:
                return
            await asyncio.sleep(wait)

    async def _deliver(self, id_: str) -> None:
        """Hand out the results as they arrive, again to those that came too late for theirs."""
        while self._waiting:
            expected = tuple(self._waiting)
            try:
                await self._patiently(lambda: self._read_results(id_))
            except BatchGone as error:
                self._decide(f"the results of batch {one_line(id_)} are lost", error)
            for key in expected:
                if (missing := self._waiting.pop(key, None)) is not None:
                    missing.fail(TryAgain("not among the results of its batch"))

    async def _read_results(self, id_: str) -> None:
        server = self._context.server
        async with contextlib.aclosing(server.results(id_)) as results:
            async for result in results:
                waiting = self._waiting.pop(result.custom_id, None)
                abandoned = self._abandoned.pop(result.custom_id, None)
                asked = waiting or abandoned
                if asked is None:
                    continue
                try:
                    reply = server.reply(result, asked.request)
                except ModelError as error:
                    asked.fail(error)
                    continue
                asked.give(reply)
                if asked is abandoned:
                    asked.asker.failed(FailedTry(TOO_LATE, reply.usage, discarded_text=True))

    async def _cancel(self) -> None:
        """Have the server answer no more of it, and take note of what it had answered by then. Where that fails, it
        goes on there."""
        id_ = self._state.id
        try:
            if id_ is not None:
                await self._patiently(lambda: self._context.server.cancel(id_))
                self._dropped(CANCELLED)
                self._told.set()
                await self._end_of(id_)
                await self._patiently(lambda: self._read_results(id_))
        except ModelError:
            pass
        finally:
            self._told.set()

    def _decide(self, what: str, error: ModelError) -> NoReturn:
        """Do what the user has decided where the program cannot tell.

        Raises:
            AskAnew: the user wants the requests to be asked anew.
            ModelUnusable: nothing is decided yet.
        """
        if self._context.again:
            raise self._dropped(GIVEN_UP)
        decide = f"resume {self._context.evaluation} {AGAIN}"
        raise ModelUnusable(f"{what}: {error}; {decide} asks anew, and may pay for the same twice")

    def _dropped(self, reason: str) -> AskAnew:
        context = self._context
        context.record(events.BatchDropped(at=context.clock(), batch=self.number, reason=reason))
        return AskAnew(reason)

    def _say(self, note: str, done: int | None = None) -> None:
        before, context = self._state, self._context
        done = before.done if done is None else done
        if (done, note) != (before.done, before.note):
            context.record(
                events.BatchProgressed(at=context.clock(), batch=self.number, done=done, note=note)
            )

    async def _patiently(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The server's answer, however often it has to be asked; but a batch is submitted only once.

        Raises:
            MaybeSubmitted: that was asked for, and it is not known what came of it.
            ModelError: the server will never answer.
        """
        failures = 0
        while True:
            try:
                return await ask()
            except MaybeSubmitted:
                raise
            except TryAgain as error:
                failures += 1
                if error.tries is not None and failures >= error.tries:
                    raise ModelUnusable(error.unusable or str(error)) from None
                chance = random.random()  # noqa: S311 - spreads load, hides nothing
                wait = retry_wait(failures, error.retry_after, chance)
                self._say(str(error))
                await asyncio.sleep(wait)
