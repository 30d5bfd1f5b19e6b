"""This process's end of a warm process: start it, have it run one piece of code at a time, end it. Blocking:
for a thread. Linux only."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from dropout_core.sandbox import ReadableFolder, SandboxBroken
from dropout_core.sandbox.inside.stopwatch import NOTHING, STARVED, is_stopped
from dropout_core.sandbox.interpreter import ENVIRONMENT, FLAGS, INSIDE, NUMPY_FOLDER, last_line
from dropout_core.sandbox.processes import ending
from dropout_core.sandbox.processes.forks import closed_in_forks
from dropout_core.sandbox.processes.process import GRACE, Finished
from dropout_core.sandbox.processes.sealed_files import ResultFiles, sealed_request
from dropout_core.sandbox.processes.turns import STOPPED
from dropout_core.sandbox.time_limits import TimeLimits

LONGEST_MESSAGE = 65_536
PATIENCE = 1.0
"""Interval in seconds at which a wait for an answer is checked for a stop."""
SILENCE = 60.0
"""Seconds beyond all time limits of the code, after which a warm process is considered hung."""


class ZygoteDied(Exception):
    """The warm process ended, or hung, while it ran the code. It has been killed."""


class NotStarted(SandboxBroken):
    """The code was not begun: the child that was to run it had already ended."""


class Job:
    """One piece of code: its request, and a way to stop it from another thread."""

    def __init__(self, limits: TimeLimits) -> None:
        self.request: Sequence[bytes | memoryview] = ()
        """Parts of the request, sent one after another."""
        self.result_size = 0
        """Most bytes of the result."""
        self.limits = limits
        self.stopped = False
        self._lifeline: int | None = None
        self._changing = threading.Lock()

    def stop(self) -> None:
        """End the code, now or as soon as it starts. What runs the job then soon raises `SandboxBroken`."""
        self.stopped = True
        self._cut()

    @contextlib.contextmanager
    def lifeline(self) -> Iterator[int]:
        """Descriptor that tells the warm process to stop when anything arrives on it, or its other end is closed.

        Raises:
            SandboxBroken: there is none to be had.
        """
        try:
            reader, writer = os.pipe()
        except OSError as error:
            raise SandboxBroken(f"cannot start a sandbox process: pipe: {error.strerror}") from error
        with self._changing:
            self._lifeline = writer
        try:
            if self.stopped:  # possibly before there was a lifeline to cut
                self._cut()
            yield reader
        finally:
            self._cut()
            os.close(reader)

    def _cut(self) -> None:
        with self._changing:
            if self._lifeline is not None:
                with contextlib.suppress(OSError):
                    os.write(self._lifeline, b"x")  # in case a fork's copy keeps the pipe open
                os.close(self._lifeline)
                self._lifeline = None


def _open_to_code(folder: ReadableFolder | None) -> str:
    """The folder and its files that may be read, as JSON."""
    if folder is None:
        return "[]"
    names = (name for name in os.listdir(folder.place) if name not in folder.hidden)  # noqa: PTH208
    return json.dumps([str(folder.place), *(str(folder.place / name) for name in names)])


class Zygote:
    """A warm process, used by one thread at a time."""

    def __init__(
        self, interpreter: str, layers: Collection[str], folder: ReadableFolder | None = None
    ) -> None:
        """Start it, and wait until it is ready; `layers` are those to put in force where the system has them. It
        works in the `folder`, if one is given, in which the code may read.

        Raises:
            SandboxBroken: it did not get ready.
        """
        try:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            raise SandboxBroken(f"cannot start a sandbox process: socketpair: {error.strerror}") from error
        command = [interpreter, *FLAGS, str(INSIDE / "launch.py"), "zygote_main", str(theirs.fileno())]
        self._control = ours
        self._results = ResultFiles()
        closed_in_forks(ours)
        closed_in_forks(self._results)
        self.served = 0
        """Number of pieces of code that it has run."""
        self.dead = False
        """Whether it was killed and cannot be used any more."""
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [*command, str(NUMPY_FOLDER), _open_to_code(folder), *layers],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    env=ENVIRONMENT,
                    cwd="/" if folder is None else folder.place,
                    start_new_session=True,
                    pass_fds=(theirs.fileno(),),
                )
        except OSError as error:
            ours.close()
            raise SandboxBroken(f"cannot start a sandbox process: {error}") from error
        self.missing: dict[str, str] = self._first_word()["missing"]
        """Layers that are not in force, and why."""

    @property
    def is_alive(self) -> bool:
        """Whether the process is still running."""
        return not self.dead and self._process.poll() is None

    @property
    def is_exposed(self) -> bool:
        """Whether the code could kill it: neither system calls nor the user are restricted."""
        return {"seccomp", "user"} <= self.missing.keys()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def run(self, job: Job) -> Finished:
        """Have a child run the code, and read the result once nothing of it runs any more.

        Raises:
            ZygoteDied: it ended, or hangs. It is not used afterwards.
            Starved: the code had too little of the processor for anything to be said about it.
            NotStarted: the code was not begun.
            SandboxBroken: the code could not be run, or was stopped.
        """
        if job.stopped:
            raise SandboxBroken(STOPPED)
        try:
            request = sealed_request(job.request)
            try:
                result = self._results.take(job.result_size)
            except BaseException:
                os.close(request)
                raise
        except OSError as error:
            raise SandboxBroken(f"no memory for a sandbox process: {error.strerror or error}") from error
        try:
            with job.lifeline() as lifeline:
                descriptors = [request, result.write_only, lifeline]
                answer = self._asked(descriptors, job)
            self.served += 1
            if job.stopped:
                raise SandboxBroken(STOPPED)
            status, over, said = answer.split(b" ", 2)
            if said != b"ready":
                reason = said.decode("utf-8", "replace") or f"it ended with status {int(status)}"
                raise NotStarted(f"the sandbox process did not start: {reason}")
            if over.decode() == STARVED:
                raise ending.Starved
            within = over.decode() == NOTHING
            how = ending.ended(int(status)) if within else ending.over(over.decode(), job.limits)
            return Finished(self._results.read(result), how)
        finally:
            os.close(request)
            result.close()

    def close(self) -> None:
        """End it, and what it runs."""
        self._control.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
        self._results.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def kill(self) -> None:
        """Kill it. The system then kills what it runs."""
        self.dead = True
        self._process.kill()
        self._process.wait()
        self._control.close()
        self._results.close()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _first_word(self) -> Any:
        """Message that it sends when it is ready.

        Raises:
            SandboxBroken: it is not, in time.
        """
        assert self._process.stderr is not None
        if not self._readable(ending.STARTUP_LIMIT):
            self.kill()
            raise SandboxBroken(ending.NOT_READY)
        message = self._control.recv(LONGEST_MESSAGE)
        if not message:
            self._process.kill()
            reason = last_line(self._process.stderr.read(LONGEST_MESSAGE))
            self.kill()
            raise SandboxBroken(f"the sandbox process did not start: {reason}")
        return json.loads(message)

    def _asked(self, descriptors: Sequence[int], job: Job) -> bytes:
        """Answer to a request to run something.

        Raises:
            ZygoteDied: there was none, as it died or was stopped.
            Starved: there was none in time, and nobody stopped it.
        """
        limits = job.limits
        message = f"{limits.processor:.6f} {limits.clock:.6f} {limits.patience:.6f}".encode()
        deadline = time.monotonic() + limits.clock + limits.patience + SILENCE
        silent = False
        with contextlib.suppress(OSError):
            socket.send_fds(self._control, [message], list(descriptors))
            self._results.make_ahead()
            while not self._readable(PATIENCE):
                if job.stopped:
                    deadline = min(deadline, time.monotonic() + GRACE)
                if time.monotonic() > deadline:
                    silent = True
                    break
            else:
                answer = self._control.recv(LONGEST_MESSAGE)
                if answer:
                    return answer
        starved = silent and not job.stopped and not is_stopped(self.pid)
        self.kill()
        if starved:
            raise ending.Starved
        raise ZygoteDied

    def _readable(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        return bool(poll.poll(int(1000 * seconds)))
