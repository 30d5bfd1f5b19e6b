"""One trial while its evaluation runs: the task of its attempt, and what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from dropout_core.state.command_table import Row, row_of
from dropout_core.state.trial_state import TrialState
from dropout_core.verdict.verdict import Verdict


@dataclass(slots=True, eq=False)
class LiveTrial:
    """What is known of a trial beyond its stored events; it has one attempt in memory at most."""

    rerun_asked: bool = False
    """Whether the user asked for the attempt that waits: it is made even after the rate is decided."""
    is_rerun: bool = False
    """Whether the user asked for the attempt that is in memory."""
    void_reason: str | None = None
    """Why the attempt is void that has been told to end; ``None`` when it has not been."""
    _task: asyncio.Task[Verdict] | None = None
    _parked: asyncio.Future[None] | None = None
    _cut_short: bool = False

    @property
    def has_attempt(self) -> bool:
        """Whether an attempt is held in memory: in flight, or parked where it was paused."""
        return self._task is not None

    @property
    def is_parked(self) -> bool:
        """Whether the attempt waits for `let_go_on`."""
        return self._parked is not None

    @property
    def was_cut_short(self) -> bool:
        """Whether the attempt is to be taken up again, and nobody wanted it void."""
        return self._cut_short and self.void_reason is None

    def stage(self, trial: TrialState) -> Row:
        """Which row of the command table the trial is in, given its state."""
        return row_of(trial, has_task=self.has_attempt, is_ending=self.void_reason is not None)

    def begin(
        self,
        attempt: Coroutine[Any, Any, Verdict],
        *,
        name: str,
        ended: Callable[[asyncio.Task[Verdict]], None],
    ) -> None:
        """Run an attempt; `ended` is called when it has ended, however that is."""
        self.is_rerun, self.rerun_asked = self.rerun_asked, False
        self._task = asyncio.get_running_loop().create_task(attempt, name=name)
        # A callback, because a task that is cancelled before its first step never runs its own clean-up.
        self._task.add_done_callback(ended)

    async def park(self, parked: Callable[[], None]) -> None:
        """Wait for `let_go_on`; `parked` is called once that may be called."""
        waiting = self._parked = asyncio.get_running_loop().create_future()
        parked()
        await waiting

    def let_go_on(self) -> bool:
        """End the wait of a parked attempt; whether it still waited."""
        parked, self._parked = self._parked, None
        if parked is None or parked.done():
            return False
        parked.set_result(None)
        return True

    def end_as_void(self, reason: str) -> None:
        """Stop the attempt, which is void for `reason`."""
        if self._task is not None:
            self.void_reason = reason
            self._task.cancel()

    def cut_short(self) -> None:
        """Stop the attempt, which is to be taken up again. One that is void stays so."""
        if self._task is not None:
            self._cut_short = True
            self._task.cancel()

    def stop(self) -> asyncio.Task[Verdict] | None:
        """Stop the attempt, if there is one, without a word on how it ended; its task."""
        if self._task is not None:
            self._task.cancel()
        return self._task

    def forget_attempt(self) -> None:
        """The attempt has ended: what was asked of it is done."""
        self._task = self._parked = self.void_reason = None
        self._cut_short = self.is_rerun = False


class LiveTrials(dict[int, LiveTrial]):
    """By number; a trial of which nothing was asked yet is added when it is first looked up."""

    def __missing__(self, number: int) -> LiveTrial:
        trial = self[number] = LiveTrial()
        return trial

    def has_attempt(self, number: int) -> bool:
        """Whether an attempt of the trial is held in memory."""
        trial = self.get(number)
        return trial is not None and trial.has_attempt

    def stop_all(self) -> list[asyncio.Task[Verdict]]:
        """Stop all attempts; their tasks."""
        tasks = [trial.stop() for trial in self.values()]
        return [task for task in tasks if task is not None]
