"""Retrying client: tries again what may succeed, and holds all requests while the server is overloaded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from dropout_core.models import CutOff, Model, ModelError, ModelUnusable, Reply, Request, TryAgain, Usage
from dropout_core.models.retry.backoff import retry_wait, too_long
from dropout_core.models.retry.gate import Clock, Closed, Gate
from dropout_core.models.retry.outage import STRUGGLING_AFTER
from dropout_core.models.retry.time_budget import TimeAllowance

if TYPE_CHECKING:
    import tenacity

MAX_TRIES = 8
FIRST_TRIES = 4
"""Tries of the very first request for faults other than an overloaded server: a wrong server stays wrong."""


@dataclass(frozen=True, slots=True)
class FailedTry:
    """A try that ended without a reply."""

    reason: str
    """Reason in a few words: ``"API overloaded"``."""
    spent: Usage
    """Tokens that it used all the same, as far as the server had reported."""
    discarded_text: bool
    """Whether some text had been passed on, which is discarded."""


@dataclass(frozen=True, slots=True)
class Held:
    """A request that waits to be sent."""

    reason: str
    """Reason in a few words: ``"API rate limited"``."""
    seconds: float | None
    """Least seconds until it is sent; ``None`` when that depends on when others are answered."""
    failures: int
    """Failed tries of this request; 0 when it waits because others were turned away."""
    max_tries: int


class Asker(Protocol):
    """Receiver of a request's progress."""

    async def ready(self) -> None:
        """Awaited before each try: the last moment to hold it back."""
        ...

    def sent(self) -> None:
        """The request was sent; text of an earlier try is void."""
        ...

    def arrived(self, text: str) -> None:
        """A piece of the reply; an empty one means that the model works without visible output."""
        ...

    def failed(self, failure: FailedTry) -> None:
        """The try ended without a reply."""
        ...

    def held(self, held: Held) -> None:
        """The request waits to be sent."""
        ...


class Refused:
    """Whether a server has refused all that one client asks for, such as its model. Others may be answered there."""

    def __init__(self, own_gate: Gate | None) -> None:
        """`own_gate` is what nobody else's requests pass through."""
        self._own_gate = own_gate
        self._why: ModelUnusable | None = None

    def note(self, error: ModelUnusable) -> None:
        """It has, for this reason."""
        self._why = error
        if self._own_gate is not None:
            self._own_gate.shut_down(error)

    def reopen(self) -> None:
        """Somebody may have mended that."""
        self._why = None
        if self._own_gate is not None:
            self._own_gate.reopen()

    def check(self) -> None:
        """Pass over what has not been refused.

        Raises:
            ModelUnusable: it has.
        """
        if self._why is not None:
            raise self._why


class RetryingClient:
    """Client of one model, for any number of concurrent requests, of which a limited number is in flight."""

    def __init__(
        self,
        model: Model,
        *,
        limit: int,
        adapted: Callable[[int], None] = lambda _: None,
        max_tries: int = MAX_TRIES,
        clock: Clock | None = None,
        first_alone: bool = False,
        gate: Gate | None = None,
    ) -> None:
        """Ask `model`.

        Args:
            model: who answers.
            limit: how many requests may be in flight when the server has room; at least 1.
            adapted: told how many may be in flight whenever that changes by itself.
            max_tries: tries of one request before it is given up.
            clock: what waits go by.
            first_alone: whether the others wait until the server has begun to answer the first request.
            gate: what requests of other clients pass through too; then it has the limit, and whoever made it sets it.
        """
        self._model = model
        self._max_tries = max_tries
        self._owns_gate = gate is None
        self._gate = gate or Gate(limit, clock or Clock(), adapted, first_alone=first_alone)
        self._refused = Refused(self._gate if gate is None else None)
        self._stop_listening = None if gate is None else gate.listen(adapted)

    def set_limit(self, limit: int) -> None:
        """Change how many requests may be in flight when the server is not overloaded; at least 1."""
        if self._owns_gate:
            self._gate.set_limit(limit)

    def set_max_tries(self, tries: int) -> None:
        """Change how often a request is tried before it is given up; at least 1."""
        self._max_tries = tries

    def reopen(self) -> None:
        """Send requests again although the model was unusable: the cause may have been fixed."""
        self._refused.reopen()
        if self._gate.is_shut_down:
            self._gate.reopen()

    def leave(self) -> None:
        """Be told of no more changes at a gate that others pass through too."""
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None

    async def reply(self, request: Request, asker: Asker, allowance: TimeAllowance | None = None) -> Reply:
        """The reply to `request`; `asker` is told how it comes about.

        Args:
            request: what is asked.
            asker: told of each try.
            allowance: the time that is left for tries.

        While the server answers nothing, the request waits with all others.

        Raises:
            ModelError: the tries or the time are used up, or the server refuses this very request.
            ModelUnusable: no request can succeed; the message says what to do. No further one is sent.
        """
        persistence = _Persistence(
            self._model,
            self._gate,
            self._refused,
            self._max_tries,
            request,
            asker,
            allowance or TimeAllowance(),
        )
        return await persistence.reply()


class _Persistence:
    """One request, tried until there is a reply or no hope of one."""

    def __init__(
        self,
        model: Model,
        gate: Gate,
        refused: Refused,
        max_tries: int,
        request: Request,
        asker: Asker,
        allowance: TimeAllowance,
    ) -> None:
        self._model = model
        self._gate = gate
        self._refused = refused
        self._max_tries = max_tries
        self._request = request
        self._asker = asker
        self._allowance = allowance
        self._failures = 0
        self._put_off = 0
        """How often in a row the server has asked for too long a wait."""
        self._wait = 0.0
        self._last: TryAgain | None = None
        """Why the latest try failed, once all tries are used up."""

    async def reply(self) -> Reply:
        try:
            while True:
                try:
                    return await self._answered_in_time()
                except ModelUnusable:
                    raise
                except ModelError as error:
                    if self._allowance.used_up:
                        raise
                    self._hold_or_give_up(error)
        finally:
            self._gate.left(self)

    def _hold_or_give_up(self, error: ModelError) -> None:
        """Give up, unless the server answers nobody: then the tries begin anew when it may be asked again.

        Raises:
            ModelError: it is given up.
            ModelUnusable: the server has never answered.
        """
        if self._gate.untried:
            never = ModelUnusable(f"{error}; the server has not answered a single request yet")
            self._gate.shut_down(never)
            raise never
        last, self._last = self._last, None
        fault = error if last is None else last
        if not self._gate.gave_up(self, str(fault), no_room=last is not None and last.turned_away):
            raise error
        self._failures = 0

    async def _answered_in_time(self) -> Reply:
        """The reply, within the allowed tries and time."""
        try:
            return await self._try_once()
        except TryAgain as error:
            failure = error
        return await self._try_again(failure)

    async def _try_again(self, first: TryAgain) -> Reply:
        """Go on after the `first` try has failed."""
        import tenacity  # most requests are answered at once and do not need it

        failed: list[TryAgain] = [first]

        async def next_try() -> Reply:
            if failed:
                raise failed.pop()
            return await self._try_once()

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TryAgain),
            stop=self._enough,
            wait=lambda _: self._wait,
            before_sleep=self._say_what_it_waits_for,
            sleep=self._gate.rest,
            retry_error_callback=self._give_up,
        )
        reply: Reply = await retrying(next_try)
        return reply

    async def _try_once(self) -> Reply:
        await self._asker.ready()
        async with self._gate.acquire(self._held_at_gate, self) as cuts:
            self._refused.check()
            self._asker.sent()
            try:
                async with self._allowance.spend():
                    reply = await self._ask_model()
            except TryAgain as error:
                self._failures += 1
                self._note(error, cuts)
                raise
            self._gate.answered()
            return reply

    def _first_words(self, text: str) -> None:
        self._gate.answering()
        self._asker.arrived(text)

    async def _ask_model(self) -> Reply:
        arrived = self._first_words if self._gate.untried else self._asker.arrived
        try:
            return await self._model.reply(self._request, arrived)
        except ModelError as error:
            if isinstance(error, ModelUnusable):
                self._refused.note(error)
            self._asker.failed(FailedTry(_in_words(error), error.spent, error.discarded_text))
            raise
        except CutOff as cut:
            self._asker.failed(FailedTry("cut off", cut.spent, cut.discarded_text))
            raise asyncio.CancelledError from None

    def _note(self, error: TryAgain, cuts: int) -> None:
        """Compute the wait, and let other requests know when it concerns them too."""
        if self._failures >= STRUGGLING_AFTER:
            self._gate.struggles(self)
        self._put_off = self._put_off + 1 if too_long(error.retry_after) else 0
        chance = random.random()  # noqa: S311 - spreads load, hides nothing
        self._wait = retry_wait(self._failures, error.retry_after, chance)
        if error.turned_away:
            self._gate.turned_away(
                cuts, str(error), lambda streak: retry_wait(streak, error.retry_after, chance)
            )
            self._wait = max(self._wait, self._gate.seconds_shut)

    def _enough(self, state: tenacity.RetryCallState) -> bool:
        error = _error_of(state)
        return self._put_off > 1 or self._failures >= min(self._tries(error), error.tries or self._max_tries)

    def _tries(self, error: TryAgain) -> int:
        if self._gate.outage.is_on:
            return 1
        if self._gate.untried and not error.turned_away:
            return min(FIRST_TRIES, self._max_tries)
        return self._max_tries

    def _give_up(self, state: tenacity.RetryCallState) -> NoReturn:
        error = _error_of(state)
        unusable = error.unusable
        if self._put_off > 1:
            unusable = f"{error}, and the server asks to wait {_roughly(error.retry_after or 0.0)}"
        if unusable is not None:
            self._gate.shut_down(ModelUnusable(unusable))
            raise ModelUnusable(unusable)
        self._last = error
        tries = "1 try" if self._failures == 1 else f"{self._failures} tries"
        quoted = f": {error.said}" if error.said else ""
        raise ModelError(f"{error}, gave up after {tries}{quoted}")

    def _say_what_it_waits_for(self, state: tenacity.RetryCallState) -> None:
        self._say(str(_error_of(state)), self._wait)

    def _held_at_gate(self, closed: Closed) -> None:
        self._say(closed.reason, closed.seconds)

    def _say(self, reason: str, seconds: float | None) -> None:
        self._asker.held(Held(reason, seconds, self._failures, self._max_tries))


def _in_words(error: ModelError) -> str:
    """The error, with the server's words."""
    said = error.said if isinstance(error, TryAgain) else ""
    return f"{error}: {said}" if said else str(error)


def _roughly(seconds: float) -> str:
    """A long time, in words."""
    if seconds < 2 * 86400:
        return f"{seconds / 60:.0f} min"
    days = seconds / 86400
    return f"{days:.0f} days" if days < 1000 else "for years"


def _error_of(state: tenacity.RetryCallState) -> TryAgain:
    """Error behind a failed try, for tenacity."""
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, TryAgain):
        raise TypeError(f"only TryAgain is tried again, not {error!r}")
    return error
