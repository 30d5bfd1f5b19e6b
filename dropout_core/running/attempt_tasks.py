"""The attempts that are held in memory: in flight, or parked where they were paused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from dropout_core.verdict.verdict import Verdict


class AttemptTasks:
    """One task a trial at most."""

    def __init__(self) -> None:
        self._tasks: dict[int, asyncio.Task[Verdict]] = {}
        self._parked: dict[int, asyncio.Future[None]] = {}
        self._void_reasons: dict[int, str] = {}
        self._cut_short: set[int] = set()

    def __contains__(self, trial: object) -> bool:
        return trial in self._tasks

    def begin(
        self,
        trial: int,
        attempt: Coroutine[Any, Any, Verdict],
        *,
        name: str,
        ended: Callable[[asyncio.Task[Verdict]], None],
    ) -> None:
        """Run an attempt, and say when it has ended, however that is."""
        task = asyncio.get_running_loop().create_task(attempt, name=name)
        self._tasks[trial] = task
        # A callback, because a task that is cancelled before its first step never runs its own clean-up.
        task.add_done_callback(ended)

    async def park(self, trial: int, parked: Callable[[], None]) -> None:
        """Wait for `let_go_on`; `parked` is called once it can be."""
        waiting = self._parked[trial] = asyncio.get_running_loop().create_future()
        parked()
        await waiting

    def is_parked(self, trial: int) -> bool:
        """Whether it waits for `let_go_on`."""
        return trial in self._parked

    def let_go_on(self, trial: int) -> bool:
        """End the wait of a parked attempt; whether it still waited."""
        parked = self._parked.pop(trial)
        if parked.done():
            return False
        parked.set_result(None)
        return True

    def end_as_void(self, trial: int, reason: str) -> None:
        """Stop an attempt, which is void for `reason`."""
        self._void_reasons[trial] = reason
        self._tasks[trial].cancel()

    def void_reason(self, trial: int) -> str | None:
        """Why an attempt that has been stopped is void; ``None`` when it has not been."""
        return self._void_reasons.get(trial)

    def cut_short(self, trials: Iterable[int]) -> None:
        """Stop attempts that are to be taken up again. Those that are void stay so."""
        for trial in trials:
            if trial in self._tasks:
                self._cut_short.add(trial)
                self._tasks[trial].cancel()

    def was_cut_short(self, trial: int) -> bool:
        """Whether the attempt is to be taken up again, and nobody wanted it void."""
        return trial in self._cut_short and trial not in self._void_reasons

    def forget(self, trial: int) -> None:
        """The trial's attempt has ended, and what was to be known of that is."""
        self._tasks.pop(trial, None)
        self._parked.pop(trial, None)
        self._void_reasons.pop(trial, None)
        self._cut_short.discard(trial)

    def stop_all(self) -> tuple[asyncio.Task[Verdict], ...]:
        """Stop everything that is held in memory."""
        for task in self._tasks.values():
            task.cancel()
        return tuple(self._tasks.values())
