"""One run of untrusted code in a new process, from start to clean-up. Blocking: for a thread."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dropout_core.sandbox import Fault, SandboxBroken
from dropout_core.sandbox.inside.stopwatch import NANOSECONDS, STARVED, Allowed, Stopwatch
from dropout_core.sandbox.interpreter import ENVIRONMENT, FLAGS, INSIDE, NUMPY_FOLDER, last_line
from dropout_core.sandbox.processes import ending
from dropout_core.sandbox.processes.ending import STARTUP_LIMIT
from dropout_core.sandbox.processes.scratch import nameless_file, working_folder
from dropout_core.sandbox.processes.turns import STOPPED
from dropout_core.sandbox.time_limits import TimeLimits

GRACE = 5.0
"""Seconds that the supervisor has for cleaning up before it is killed itself. It changes no verdict."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished run, of which nothing is left."""

    result: bytes
    """Bytes that the child wrote, unchecked."""
    ended: Fault
    """How the process ended; a fault only if the result is not complete, or a limit was exceeded."""


class ChildProcess:
    """Process for one request, which may be run a second time. `run` in a thread; `stop` from any."""

    def __init__(self, *, interpreter: str) -> None:
        self._interpreter = interpreter
        self.stopped = False
        self._lifeline: IO[bytes] | None = None
        self._cutting = threading.Lock()

    def stop(self) -> None:
        """End the run, now or as soon as it starts. `run` then returns soon."""
        self.stopped = True
        self._cut_lifeline()

    def run(self, request: Sequence[bytes | memoryview], result_limit: int, limits: TimeLimits) -> Finished:
        """Start the process with the request, in parts, wait until nothing of it runs any more, and read at most
        `result_limit` bytes of the result: what follows cannot be part of an honest one.

        Raises:
            Starved: the code had too little of the processor for anything to be said about it.
            SandboxBroken: it could not be started, was not ready to run the code in time, or was stopped.
        """
        if self.stopped:
            raise SandboxBroken(STOPPED)
        try:
            with (
                nameless_file("request") as sent,
                nameless_file("result") as result,
                working_folder() as cwd,
            ):
                for part in request:
                    _write_whole(sent, part)
                sent.seek(0)
                ended = self._supervised(sent, result, cwd, limits)
                return Finished(_read_at_most(result, result_limit), ended)
        except OSError as error:
            raise SandboxBroken(f"cannot start a sandbox process: {error}") from error

    def _supervised(self, request: IO[bytes], result: IO[bytes], cwd: Path, limits: TimeLimits) -> Fault:
        """Run the supervisor to its end. Returns how the code's process ended."""
        descriptors = (request.fileno(), result.fileno())
        command = [self._interpreter, *FLAGS, str(INSIDE / "launch.py"), "supervisor"]
        process = subprocess.Popen(
            [*command, *map(str, descriptors), str(NUMPY_FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            env=ENVIRONMENT,
            cwd=cwd,
            start_new_session=True,
            pass_fds=descriptors,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        self._lifeline = process.stdin
        report = _Report(process.stdout)
        stopwatch: Stopwatch | None = None
        try:
            if self.stopped:  # possibly before there was a lifeline to cut
                self._cut_lifeline()
            begun = time.monotonic()
            if report.read_until(b"ready ", begun + STARTUP_LIMIT):
                stopwatch = report.stopwatch(Allowed(limits.processor, limits.clock, limits.patience))
                while not report.read_until(None, time.monotonic() + stopwatch.seconds_left()):
                    if stopwatch.look() is not None:
                        break
            too_late = time.monotonic() - begun >= STARTUP_LIMIT
        finally:
            self._cut_lifeline()
            cleaned_up = report.read_until(None, time.monotonic() + GRACE)
            _make_sure_of(process, report.child, GRACE if cleaned_up else 0.0)
            process.stdout.close()
        if self.stopped:
            raise SandboxBroken(STOPPED)
        if stopwatch is None:
            why = ending.NOT_READY if too_late else f"the sandbox process did not start: {report.last_line}"
            raise SandboxBroken(why)
        over = stopwatch.conclusion(report.processor_time)
        if over == STARVED:
            raise ending.Starved
        return report.how_it_ended() if over is None else ending.over(over, limits)

    def _cut_lifeline(self) -> None:
        with self._cutting:
            if self._lifeline is None or self._lifeline.closed:
                return
            with contextlib.suppress(OSError):
                self._lifeline.write(b"x")  # in case a copy of our end keeps the pipe open
            with contextlib.suppress(OSError):
                self._lifeline.close()


class _Report:
    """Report of the supervisor on its standard output."""

    LONGEST = 65_536

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._text = b""

    def read_until(self, word: bytes | None, deadline: float) -> bool:
        """Read until a line starts with `word`, or to the end; `False` if that was not so by the deadline."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while word is None or not self._line(word):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return False
                part = os.read(self._pipe.fileno(), 4096)
                if not part:
                    return word is None
                self._text = (self._text + part)[: self.LONGEST]
        return True

    def _line(self, word: bytes) -> bytes | None:
        """The rest of the first whole line that starts with `word`."""
        whole = self._text.split(b"\n")[:-1]
        return next((line[len(word) :] for line in whole if line.startswith(word)), None)

    @property
    def child(self) -> int | None:
        """Process id, and process group, of the untrusted code."""
        line = self._line(b"ready ")
        return None if line is None else int(line.split()[0])

    def stopwatch(self, allowed: Allowed) -> Stopwatch:
        """Stopwatch for that process; what it spent before it was ready does not count."""
        child, nanoseconds = map(int, (self._line(b"ready ") or b"").split())
        return Stopwatch(child, allowed, nanoseconds / NANOSECONDS)

    @property
    def last_line(self) -> str:
        """Last line, in which a failing interpreter says why."""
        return last_line(self._text)

    def how_it_ended(self) -> Fault:
        """Ending in words. Untrusted code can forge this, which changes no verdict."""
        match self._ended:
            case [how, number, _] if number.isascii() and number.isdigit():
                return ending.ended(int(number) if how == "exited" else -int(number))
            case _:
                return ending.KILLED_WITH_SUPERVISOR

    @property
    def processor_time(self) -> float:
        """Processor time of the process in its whole life, in seconds; 0 if not reported."""
        match self._ended:
            case [_, _, seconds]:
                with contextlib.suppress(ValueError):
                    return float(seconds)
        return 0.0

    @property
    def _ended(self) -> list[str]:
        return (self._line(b"ended ") or b"").decode("utf-8", "replace").split()


def _read_at_most(file: IO[bytes], limit: int) -> bytes:
    data = bytearray()
    while part := os.pread(file.fileno(), limit - len(data), len(data)):
        data += part
    return bytes(data)


def _write_whole(file: IO[bytes], data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _make_sure_of(supervisor: subprocess.Popen[bytes], child: int | None, patience: float) -> None:
    """Reap the supervisor. If it does not end, or failed, it has not cleaned up: then kill what is left."""
    try:
        supervisor.wait(patience)
    except subprocess.TimeoutExpired:
        _kill_group(supervisor.pid)
        supervisor.wait()
    if supervisor.returncode != 0 and child is not None:
        _kill_group(child)


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
