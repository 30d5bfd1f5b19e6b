"""Grading on several machines, by Ray.

    from dropout_core.integrations.ray import RayGrader

    async with RayGrader("ray://head:10001", suite="strict") as grader:
        verdict = await grader.grade(code, seed=7)

Each machine has an actor with its own sandbox. A verdict is the same wherever it is reached.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ray
from ray.exceptions import RayActorError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from dropout_core.grading.grader import Grader
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.sandbox.time_limits import DEFAULT_TIME_LIMIT
from dropout_core.task.definition import Task
from dropout_core.values.seeds import fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import NOT_RUN
from dropout_core.verdict.verdict import Outcome, Verdict

__all__ = ["GraderActor", "RayGrader"]

LOST_TWICE = "the machines that graded it were lost, twice"
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
    ) -> None:
        given = ray.get_runtime_context().get_assigned_resources().get("CPU", 0)
        workers = math.ceil(given) or usable_processors()
        self._grader = Grader(suite, task=task, time_limit=time_limit, workers=workers)

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        """See `Grader.grade`."""
        return await self._grader.grade(code, seed)


@dataclass(slots=True, eq=False)
class _Place:
    """An actor, and what may be sent to it."""

    actor: Any
    room: int
    """Answers that may be there at once."""
    under_way: int = 0
    lost: bool = False


@dataclass(slots=True, eq=False)
class _Places:
    """All actors; waits where none has room, so that answers queue here and not in Ray's memory."""

    all: list[_Place]
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self) -> _Place | None:
        """One with room, that with most of it; `None` when all are lost."""
        async with self.changed:
            await self.changed.wait_for(lambda: not self._living() or self._free())
            free = self._free()
            if not free:
                return None
            place = min(free, key=lambda one: one.under_way / one.room)
            place.under_way += 1
            return place

    async def give_back(self, place: _Place, *, lost: bool = False) -> None:
        """Let others have its room, unless it was lost."""
        async with self.changed:
            place.under_way -= 1
            place.lost = place.lost or lost
            self.changed.notify_all()

    def _living(self) -> list[_Place]:
        return [one for one in self.all if not one.lost]

    def _free(self) -> list[_Place]:
        return [one for one in self._living() if one.under_way < one.room]


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
    ) -> None:
        """`address` of the cluster, as for ``ray.init``: without one, that of the environment, or else this machine
        alone. One actor a machine, with all its processors, unless the number of `actors` is given, and the
        `processors` of each. The cluster is asked when the first answer is graded.

        Raises:
            UnknownSuite: the task has no suite of this name.
            TaskUnusable: there is no such task, or its file does not define one.
        """
        judge = Grader(suite, task=task)  # never opened: it refuses here what no machine could load
        self._task, self._suite = judge.task, judge.suite
        self._address = address
        self._arguments = (task, suite, time_limit)
        self._actors = actors
        self._processors = processors
        self._opening: asyncio.Task[_Places] | None = None

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        """Verdict on the code, as `Grader.grade` gives it. Where its machine is lost it is graded once more on another,
        from the same seed; where that is lost too, it is void."""
        seed = fresh_seed() if seed is None else seed
        places = await self._places()
        for _ in range(2):
            place = await places.take()
            if place is None:
                break
            lost = False
            try:
                return await place.actor.grade.remote(code, seed)
            except RayActorError:
                lost = True
            finally:
                await places.give_back(place, lost=lost)
        return Verdict(Outcome.VOID, LOST_TWICE, self._suite, seed, NOT_RUN, task=self._task.name)

    @property
    def lost(self) -> int:
        """How many of its actors were lost."""
        opening = self._opening
        return sum(one.lost for one in opening.result().all) if opening and opening.done() else 0

    async def close(self) -> None:
        """End the actors that it started. The cluster goes on."""
        if self._opening is not None:
            for place in (await self._opening).all:
                if not place.lost:
                    ray.kill(place.actor)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _places(self) -> _Places:
        if self._opening is None:
            self._opening = asyncio.create_task(self._opened())
        return await asyncio.shield(self._opening)

    async def _opened(self) -> _Places:
        if not ray.is_initialized():
            await asyncio.to_thread(ray.init, self._address, log_to_driver=False)
        if self._actors is None:
            nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
            return _Places([self._place_on(node) for node in nodes])
        return _Places([self._place(self._processors or 1, "SPREAD") for _ in range(self._actors)])

    def _place_on(self, node: dict[str, Any]) -> _Place:
        processors = self._processors or int(node["Resources"]["CPU"])
        return self._place(processors, NodeAffinitySchedulingStrategy(node["NodeID"], soft=False))

    def _place(self, processors: int, strategy: Any) -> _Place:
        room = processors * (1 + WAITING_FOR_EACH)
        options = {"num_cpus": processors, "scheduling_strategy": strategy, "max_concurrency": room}
        remote: Any = GraderActor
        return _Place(remote.options(**options).remote(*self._arguments), room)
