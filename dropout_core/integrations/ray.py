"""Grading on several machines, by Ray.

    from dropout_core.integrations.ray import RayGrader

    async with RayGrader("head:6379", suite="strict") as grader:
        verdict = await grader.grade(code, seed=7)

Each machine has an actor with its own sandbox. A verdict is the same wherever it is reached.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ray
from ray.exceptions import RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from dropout_core.grading.grader import Grader, portable, rules_of
from dropout_core.integrations.ray_connection import connect
from dropout_core.sandbox import SandboxBroken, SandboxTooWeak
from dropout_core.sandbox.opening import BestSandbox
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT
from dropout_core.task.definition import Task
from dropout_core.task.sources.loading import load_task
from dropout_core.values.seeds import fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.cluster_unusable import ClusterUnusable
from dropout_core.verdict.isolation_levels import NOT_RUN
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_core.version import __version__

__all__ = ["ClusterUnusable", "GraderActor", "RayGrader", "opened_graders_on"]

LOST_TWICE = "the machines that graded it were lost, twice"
ENDED_WITHIN = 30.0
"""Seconds in which Ray has to tell that what killed actors were asked comes to nothing."""
WAITING_FOR_EACH = 3
"""Answers that wait at an actor for each that runs, so that none of its processors is ever idle."""


@ray.remote
class GraderActor:
    """A grader with a sandbox of its own, on as many processors as the actor was given."""

    def __init__(
        self,
        task: str | Path | Task = DROPOUT,
        suite: str | None = None,
        time_limit: float = DEFAULT_TIME_LIMIT,
        allow_weak_sandbox: bool = True,
    ) -> None:
        given = ray.get_runtime_context().get_assigned_resources().get("CPU", 0)
        self._task = task if isinstance(task, Task) else load_task(task)
        self._sandbox = BestSandbox(
            allow_weak=None if allow_weak_sandbox else False,
            time_limit=time_limit,
            workers=math.ceil(given) or usable_processors(),
            folder=self._task.readable,
        )
        self._graders: dict[str | None, Grader] = {}
        self._suite = suite

    async def tested(self) -> tuple[str, str | None]:
        """The version of this package on the actor's machine, and why nothing can be graded there, if nothing can."""
        from dropout_core.version import (
            __version__ as here,
        )  # Ray sends this class with the values that it names

        try:
            await self._sandbox.evaluate("0")
        except SandboxTooWeak as error:
            return here, f"{error} (see allow_weak_sandbox)"
        except SandboxBroken as error:
            return here, str(error)
        return here, None

    async def grade(self, code: str, seed: int | None = None, suite: str | None = None) -> Verdict:
        """See `Grader.grade`. By another `suite` of the task, if one is named."""
        suite = suite or self._suite
        if suite not in self._graders:
            self._graders[suite] = Grader(suite, task=self._task, sandbox=self._sandbox)
        return await self._graders[suite].grade(code, seed)


@dataclass(slots=True, eq=False)
class _Place:
    """An actor, and what may be sent to it."""

    actor: Any
    room: int
    """Answers that may be there at once."""
    under_way: int = 0
    is_ready: bool = False
    lost: bool = False


@dataclass(slots=True, eq=False)
class _Places:
    """All actors; waits where none has room, so that answers queue here and not in Ray's memory."""

    all: list[_Place]
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    fault: str | None = None
    """Why nothing may be graded on this cluster."""
    testing: list[asyncio.Task[None]] = field(default_factory=list)
    _asked: set[asyncio.Future[Any]] = field(default_factory=set)

    def test_all(self) -> None:
        """Begin to test every actor. Each is used as soon as it has been found to be in order."""
        self.testing = [asyncio.create_task(self._test(place)) for place in self.all]

    async def take(self) -> _Place | None:
        """One with room, that with most of it; `None` when all are lost.

        Raises:
            ClusterUnusable: a machine of it cannot grade.
        """
        async with self.changed:
            await self.changed.wait_for(lambda: self.fault or not self._living() or self._free())
            if self.fault is not None:
                raise ClusterUnusable(self.fault)
            free = self._free()
            if not free:
                return None
            place = min(free, key=lambda one: one.under_way / one.room)
            place.under_way += 1
            return place

    async def told(self, answer: Any) -> Any:
        """What an actor answers. Ray is never told that nobody waits for it any more: at an address of its client
        (``ray://``) it would end with an error of its own."""
        asked = asyncio.ensure_future(answer)
        self._asked.add(asked)
        asked.add_done_callback(self._answered)
        return await asyncio.shield(asked)

    def _answered(self, asked: asyncio.Future[Any]) -> None:
        self._asked.discard(asked)
        if not asked.cancelled():
            asked.exception()  # looked at also where nobody waits for it any more

    async def end(self) -> None:
        """End the actors, and what waits for them."""
        for place in self._living():
            ray.kill(place.actor)
        waiting = asyncio.gather(*self.testing, *self._asked, return_exceptions=True)
        await asyncio.wait([waiting], timeout=ENDED_WITHIN)

    async def one_is_ready(self) -> None:
        """Wait until an answer can be graded, or all are lost.

        Raises:
            ClusterUnusable: a machine of it cannot grade.
        """
        place = await self.take()
        if place is not None:
            await self.give_back(place)

    async def give_back(self, place: _Place, *, lost: bool = False) -> None:
        """Let others have its room, unless it was lost."""
        async with self.changed:
            place.under_way -= 1
            place.lost = place.lost or lost
            self.changed.notify_all()

    async def _test(self, place: _Place) -> None:
        fault, lost = None, False
        try:
            version, fault = await self.told(place.actor.tested.remote())
            if version != __version__:
                fault = f"it has version {version} of this program, and this machine {__version__}"
        except RayActorError as error:
            if error.actor_init_failed:
                fault = _last_line(str(error))
            else:
                lost = True
        async with self.changed:
            if fault is not None:
                self.fault = f"a machine of the cluster cannot grade: {fault}"
            place.lost = place.lost or lost
            place.is_ready = not lost and fault is None
            self.changed.notify_all()

    def _living(self) -> list[_Place]:
        return [one for one in self.all if not one.lost]

    def _free(self) -> list[_Place]:
        return [one for one in self._living() if one.is_ready and one.under_way < one.room]


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


class RayGrader:
    """Grades answers on all machines of a Ray cluster. Used like a `Grader`, from one event loop."""

    def __init__(
        self,
        address: str | None = None,
        *,
        suite: str | None = None,
        task: str | Path | Task = DROPOUT,
        time_limit: float = DEFAULT_TIME_LIMIT,
        actors: int | None = None,
        processors: int | None = None,
        allow_weak_sandbox: bool = True,
    ) -> None:
        """`address` of the cluster, as for ``ray.init``: without one, that of the environment, or else this machine
        alone. One actor a machine, with all its processors, unless the number of `actors` is given, and the
        `processors` of each. The cluster is asked when the first answer is graded. A task's file is to be found on
        each machine, by the same path.

        Raises:
            UnknownSuite: the task has no suite of this name.
            TaskUnusable: there is no such task, or its file does not define one.
        """
        self.task = task if isinstance(task, Task) else load_task(task)
        """The task that answers are judged by."""
        self.suite = rules_of(self.task, suite).suite
        """Name of the suite."""
        self._actors = _Actors(
            address,
            (portable(task, self.task), self.suite, time_limit, allow_weak_sandbox),
            actors,
            processors,
        )

    def by(self, suite: str) -> RayGrader:
        """A grader by another suite of the task, on the same actors, which this one is to close.

        Raises:
            UnknownSuite: the task has no suite of this name.
        """
        other = object.__new__(RayGrader)
        other.task, other.suite = self.task, rules_of(self.task, suite).suite
        other._actors = self._actors
        return other

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        """Verdict on the code, as `Grader.grade` gives it. Where its machine is lost it is graded once more on another,
        from the same seed; where that is lost too, it is void.

        Raises:
            ClusterUnusable: there is no such cluster, or a machine of it cannot grade.
        """
        seed = fresh_seed() if seed is None else seed
        verdict = await self._actors.grade(code, seed, self.suite)
        return verdict or Verdict(Outcome.VOID, LOST_TWICE, self.suite, seed, NOT_RUN, task=self.task.name)

    @property
    def lost(self) -> int:
        """How many of its actors were lost."""
        return self._actors.lost

    async def close(self) -> None:
        """End the actors that it started. The cluster goes on."""
        await self._actors.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


@dataclass(slots=True, eq=False)
class _Actors:
    """The actors of one cluster, started when the first answer comes."""

    address: str | None
    arguments: tuple[Any, ...]
    actors: int | None
    processors: int | None
    opening: asyncio.Task[_Places] | None = None

    async def grade(self, code: str, seed: int, suite: str) -> Verdict | None:
        """The verdict; none where its machines were lost."""
        places = await self.places()
        for _ in range(2):
            place = await places.take()
            if place is None:
                break
            lost = False
            try:
                verdict: Verdict = await places.told(place.actor.grade.remote(code, seed, suite))
                return verdict
            except RayActorError:
                lost = True
            finally:
                await places.give_back(place, lost=lost)
        return None

    async def places(self) -> _Places:
        if self.opening is None:
            self.opening = asyncio.create_task(self._opened())
        return await asyncio.shield(self.opening)

    @property
    def lost(self) -> int:
        done = self.opening is not None and self.opening.done() and self.opening.exception() is None
        return sum(one.lost for one in self.opening.result().all) if self.opening and done else 0

    async def close(self) -> None:
        if self.opening is None:
            return
        try:
            places = await self.opening
        except ClusterUnusable:  # said to whoever asked for a grading
            return
        await places.end()

    async def _opened(self) -> _Places:
        await asyncio.to_thread(connect, self.address)
        if self.actors is None:
            nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
            places = _Places([self._place_on(node) for node in nodes])
        else:
            places = _Places([self._place(self.processors or 1, "SPREAD") for _ in range(self.actors)])
        places.test_all()
        return places

    def _place_on(self, node: dict[str, Any]) -> _Place:
        processors = self.processors or int(node["Resources"]["CPU"])
        return self._place(processors, NodeAffinitySchedulingStrategy(node["NodeID"], soft=False))

    def _place(self, processors: int, strategy: Any) -> _Place:
        room = processors * (1 + WAITING_FOR_EACH)
        # One more than the answers: the test of the actor.
        options = {"num_cpus": processors, "scheduling_strategy": strategy, "max_concurrency": room + 1}
        remote: Any = GraderActor
        return _Place(remote.options(**options).remote(*self.arguments), room)


@dataclass(frozen=True, slots=True)
class _OnCluster:
    """Graders by several suites, on the same actors."""

    grader: RayGrader
    at_once: int

    def of(self, suite: str) -> RayGrader:
        return self.grader.by(suite)


@asynccontextmanager
async def opened_graders_on(
    address: str, task: Task, *, allow_weak_sandbox: bool
) -> AsyncIterator[_OnCluster]:
    """Graders of a task on all machines of a cluster, one of which has been found to be able to grade. Closed
    afterwards.

    Raises:
        ClusterUnusable: there is no such cluster; while it is used also: a machine of it cannot grade.
    """
    async with RayGrader(address, task=task, allow_weak_sandbox=allow_weak_sandbox) as grader:
        places = await grader._actors.places()
        await places.one_is_ready()
        yield _OnCluster(grader, sum(place.room for place in places.all))
