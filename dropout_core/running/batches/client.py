"""Client of a model that is asked in batches: collects requests into rounds, and hands back the replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from dropout_core.models import ModelError, ModelUnusable, Reply, Request, TryAgain
from dropout_core.models.anthropic.message_batches import MOST_BYTES, MOST_REQUESTS
from dropout_core.models.anthropic.request_body import request_body
from dropout_core.models.retry.retrying import FailedTry
from dropout_core.models.retry.time_budget import TimeAllowance
from dropout_core.running.batches.custom_ids import LONGEST_ID, fresh_mark
from dropout_core.running.batches.job import AskAnew, BatchContext, BatchJob
from dropout_core.running.batches.rounds import Rounds
from dropout_core.running.batches.waiting import BatchAsker, WaitingRequest
from dropout_core.state import events
from dropout_core.state.trial_state import TrialState


class BatchClient:
    """Asks in batches. A round is submitted when everything in flight waits for a batch."""

    def __init__(
        self,
        context: BatchContext,
        *,
        rounds: Rounds,
        in_flight: Callable[[], Collection[int]],
        trials: Callable[[], Sequence[TrialState]],
        trial: Callable[[int], TrialState],
        is_void: Callable[[int], bool],
        max_tries: int,
    ) -> None:
        """Ask the server of `context`.

        Args:
            context: what all batches share.
            rounds: who else may add to a round.
            in_flight: gives the trials in flight.
            trials: gives the states of all.
            trial: gives the state of one.
            is_void: whether the user has cancelled a trial that is in flight.
            max_tries: batches that one request may be part of before it is given up.
        """
        self._context = context
        self._rounds = rounds
        self._in_flight = in_flight
        self._trials = trials
        self._trial = trial
        self._is_void = is_void
        self._max_tries = max_tries
        self._pending: dict[WaitingRequest, None] = {}
        """Requests of the next round, in the order in which they came."""
        self._jobs: dict[int, BatchJob] = {}
        rounds.add(self)

    @property
    def is_growing(self) -> bool:
        """Whether something in flight may add another request."""
        if any(job.is_delivering for job in self._jobs.values()):
            return True
        waiting = {each.request.trial for each in self._pending}
        waiting.update(*(job.trials for job in self._jobs.values()))
        return not waiting.issuperset(self._in_flight())

    def submit(self) -> None:
        """Submit what there is, as one batch or, where that would be too large, several."""
        context = self._context
        pending, self._pending = self._pending, {}
        for part in in_parts(pending):
            number = max((each.number for each in context.batches()), default=0) + 1
            for each in part:
                each.asker.batched(number)
            # After its requests: what is not planned was never submitted.
            context.record(
                events.BatchPlanned(at=context.clock(), batch=number, mark=fresh_mark(), requests=len(part))
            )
            job = self._job(number, fresh=True)
            for each in part:
                job.add(each)
            job.start()

    async def reply(
        self,
        request: Request,
        asker: BatchAsker,
        allowance: TimeAllowance | None = None,  # noqa: ARG002 - there is always time
    ) -> Reply:
        """The reply to `request`; `asker` is told how it comes about. However long batches take, there is time.

        Raises:
            ModelError: its batches brought none, and it is given up.
            ModelUnusable: no request can succeed.
        """
        failures = 0
        while True:
            try:
                return await self._answered(request, asker)
            except AskAnew:
                continue
            except TryAgain as error:
                failures += 1
                asker.failed(FailedTry(_in_words(error), error.spent, error.discarded_text))
                if failures >= self._max_tries:
                    tries = "1 try" if failures == 1 else f"{failures} tries"
                    raise ModelError(f"{error}, gave up after {tries}") from None
            except ModelUnusable:
                raise
            except ModelError as error:
                asker.failed(FailedTry(str(error), error.spent, error.discarded_text))
                raise

    async def _answered(self, request: Request, asker: BatchAsker) -> Reply:
        """The reply that the next batch brings, or the one that the request is part of already."""
        waiting = WaitingRequest(request, asker, asyncio.get_running_loop().create_future())
        job = self._awaited(request)
        if job is None:
            await asker.ready()
            self._pending[waiting] = None
        else:
            asker.waits_since(self._seconds_since(job.number))
            job.add(waiting)
            job.start()
        self._rounds.changed()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            self._withdraw(waiting)
            raise

    def _awaited(self, request: Request) -> BatchJob | None:
        """The batch that a request is part of already."""
        latest = self._trial(request.trial).latest
        number = None if latest is None or latest.number != request.attempt else latest.batch
        if number is None or latest is None or latest.step != request.step:
            return None
        known = {each.number for each in self._context.batches()}
        return self._job(number, fresh=False) if number in known else None

    def _job(self, number: int, *, fresh: bool) -> BatchJob:
        job = self._jobs.get(number)
        if job is None or job.has_ended:
            job = self._jobs[number] = BatchJob(
                number,
                self._context,
                fresh=fresh,
                is_wanted=self._is_wanted,
                changed=self._rounds.changed,
            )
        return job

    def _seconds_since(self, number: int) -> float:
        batch = next(each for each in self._context.batches() if each.number == number)
        return max(0.0, self._context.clock() - batch.planned_at)

    def _withdraw(self, waiting: WaitingRequest) -> None:
        void = self._is_void(waiting.request.trial)
        self._pending.pop(waiting, None)
        for job in tuple(self._jobs.values()):
            job.withdraw(waiting, void=void)

    def _is_wanted(self, number: int) -> bool:
        """Whether a trial has a request in the batch that the user has not cancelled. A paused one has."""
        return any(
            trial.latest is not None and trial.latest.batch == number and not self._is_void(trial.number)
            for trial in self._trials()
        )

    def cancelled(self, numbers: Iterable[int]) -> None:
        """The user has cancelled trials whose requests are in these batches."""
        for number in numbers:
            if not self._is_wanted(number):
                self._job(number, fresh=False).cancel()

    def advanced(self) -> None:
        """Something has begun or ended."""
        self._rounds.changed()

    def set_limit(self, limit: int) -> None:
        """Nothing to do: a round takes what is in flight."""

    def set_max_tries(self, tries: int) -> None:
        """Change how many batches a request may be part of before it is given up; at least 1."""
        self._max_tries = tries

    def reopen(self) -> None:
        """Nothing to do: every batch is tried by itself."""

    def leave(self) -> None:
        """Add to no more rounds."""
        self._rounds.remove(self)

    async def told(self) -> None:
        """Wait until the server knows of each batch that the user has cancelled, as far as it can be reached."""
        await asyncio.gather(*(job.told() for job in self._jobs.values()))

    async def close(self) -> None:
        """Leave the batches to the server."""
        await asyncio.gather(*(job.close() for job in self._jobs.values()))


def in_parts(
    waiting: Iterable[WaitingRequest], *, requests: int = MOST_REQUESTS, size: int = MOST_BYTES
) -> Iterator[list[WaitingRequest]]:
    """The requests in parts of at most so many `requests` and about so many bytes (`size`) each."""
    part: list[WaitingRequest] = []
    left = size
    for each in waiting:
        own = len(json.dumps(request_body("", each.request))) + 2 * LONGEST_ID
        if part and (len(part) >= requests or own > left):
            yield part
            part, left = [], size
        part.append(each)
        left -= own
    if part:
        yield part


def _in_words(error: TryAgain) -> str:
    return f"{error}: {error.said}" if error.said else str(error)
