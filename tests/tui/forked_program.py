"""The program as a process that need not import it anew: for tests of what it does, and not of how it starts."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from tests.tui.program import command
from tests.tui.warm_program import CLONE

_READ_ONCE = ("PYTHON", "LANG", "LC_", "TZ", "TEXTUAL", "COVERAGE", "ANTHROPIC_LOG")
"""So begin the names in the environment that are read when Python starts, or when something is imported."""
Circumstances = tuple[str, dict[str, str]]
"""What a fork cannot have otherwise than the process that was forked: the folder, and what is read once."""


class ForkedProgram(subprocess.Popen[str]):
    """The program, whose output is text. Where a fork would not be the same as a start, it is started."""

    def __init__(self, *arguments: str, heeded: Collection[signal.Signals] = (), **options: Any) -> None:
        """Give it these arguments, and what `subprocess.Popen` takes. The `heeded` signals are not ignored, even
        where this process ignores them."""
        self._heeded = heeded
        preparation = self._heed if heeded else None
        super().__init__(command(*arguments), text=True, preexec_fn=preparation, **options)

    def _heed(self) -> None:
        for number in self._heeded:
            signal.signal(number, signal.SIG_DFL)

    def _execute_child(self, *start: Any) -> None:
        """In the place of what starts a process."""
        # Of CPython, in this order: what is run, by what, a preparation, what is closed and kept, the folder, the
        # environment, two things of Windows, the shell, and both ends of the three pipes.
        arguments, *_, folder, environment = start[:7]
        pipes = start[10:16]
        given = dict(os.environ if environment is None else environment)
        forking = None if folder is not None else warm_process(circumstances(given))
        if forking is None:
            super()._execute_child(*start)  # type: ignore[misc]
            return
        asked = {
            "arguments": arguments[3:],
            "environment": given,
            "ignored": sorted(_ignored() - {*self._heeded}),
        }
        ends = (pipes[0], pipes[3], pipes[5])
        descriptors = [own if end == -1 else end for own, end in enumerate(ends)]
        socket.send_fds(forking, [json.dumps(asked).encode()], descriptors)
        self.pid = int(forking.recv(100))
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def _ignored() -> set[int]:
    return {number for number in signal.valid_signals() if signal.getsignal(number) is signal.SIG_IGN}


def circumstances(environment: Mapping[str, str]) -> Circumstances:
    """Those of a program that is started here, in this environment."""
    return os.getcwd(), {name: environment[name] for name in environment if name.startswith(_READ_ONCE)}  # noqa: PTH109


def warm_process(wanted: Circumstances) -> socket.socket | None:
    """Where to ask for a fork in these circumstances; `None` where there is none to be had."""
    if sys.platform != "linux" or os.uname().machine not in CLONE:
        return None
    started_in, asking = _started()
    return asking if wanted == started_in else None


@cache
def _started() -> tuple[Circumstances, socket.socket]:
    """A warm process, which ends with this one."""
    asking, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with asked:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.tui.warm_program", str(asked.fileno())],
            stdin=subprocess.DEVNULL,
            pass_fds=[asked.fileno()],
        )

    def end() -> None:
        asking.close()
        process.wait()

    atexit.register(end)
    return circumstances(os.environ), asking
