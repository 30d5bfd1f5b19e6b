"""Grades hostile answers, and looks whether any of them got out.

    python -m tests.core.containment [NAME ...]        all of them, or those of these names

It prints what went wrong, for the user who runs it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dropout_core.grading import Grader
from dropout_core.sandbox.processes.warm_process import WarmProcess
from dropout_core.verdict.verdict import Outcome
from tests.core.attacks import ATTACKS, Target, aimed
from tests.core.hostile_answers import ENDLESS, HOSTILE
from tests.core.right_answers import RIGHT

SECRET = "canary-f31d"
NEXT = "basic-rate-randomness-scaling-eval_mode-other_rates-edge_cases"
"""The suite for the answer after a hostile one: whether it is run and its results arrive."""
DECOY = f"import sys; kept = '{SECRET}-in-memory'; print(flush=True); sys.stdin.read()"


class Range:
    """A target, and how it was before anyone shot at it."""

    def __init__(self, folder: Path, tcp: socket.socket, udp: socket.socket, decoy: int) -> None:
        self.target = Target(str(folder), tcp.getsockname()[1], udp.getsockname()[1], decoy)
        self._folder, self._tcp, self._udp = folder, tcp, udp
        self._before = self._state()

    def hits(self) -> list[str]:
        """What is not as it was."""
        now = self._state()
        return [f"{what}: {now[what]}" for what, before in self._before.items() if now[what] != before]

    def _state(self) -> dict[str, object]:
        decoy = self.target.process
        stat = Path(f"/proc/{decoy}/stat").read_text().rpartition(")")[2].split()
        return {
            "files": sorted(
                (path.name, path.lstat().st_mode, path.lstat().st_mtime_ns, path.lstat().st_uid)
                for path in self._folder.iterdir()
            ),
            "secret": (self._folder / "secret").read_text(),
            "process stopped or ended": stat[0] in "TZX",
            "limits": [
                resource.prlimit(decoy, which) for which in (resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)
            ],
            "priority": (os.getpriority(os.PRIO_PROCESS, decoy), os.sched_getaffinity(decoy)),
            "scheduler": os.sched_getscheduler(decoy),
            "connection": _received(self._tcp.accept),
            "datagram": _received(lambda: self._udp.recv(100)),
        }


def _received(receive: Callable[[], object]) -> bool:
    try:
        receive()
    except BlockingIOError:
        return False
    return True


@contextmanager
def shooting_range() -> Iterator[Range]:
    """Something to attack, for a while."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o777)
        (folder / "secret").write_text(SECRET)
        (folder / "secret").chmod(0o666)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        for server in (tcp, udp):
            server.setblocking(False)
        decoy = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-S", "-c", DECOY],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={"SECRET": SECRET},
            )
        )
        stack.callback(decoy.kill)
        assert decoy.stdout is not None
        assert decoy.stdout.readline()
        yield Range(folder, tcp, udp, decoy.pid)


def children(process: int) -> list[int]:
    """The processes that it started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, task.read_text().split())
    return found


def strays() -> list[int]:
    """What runs below a process that we started, but for one child, the spare of a warm process."""
    found: list[int] = []
    for ours in children(os.getpid()):
        first = children(ours)
        found += first[1:]
        for child in first:
            found += children(child)
    return found


HOSTILE_NAMES = [*HOSTILE, *ATTACKS]


def hostile_code(name: str, target: Target) -> str:
    """The hostile answer of this name."""
    return HOSTILE[name] if name in HOSTILE else aimed(ATTACKS[name], target)


class Gauntlet:
    """The sandboxes that hostile answers are graded in, one after the other: what one leaves behind, the next
    would meet."""

    def __init__(self, place: Range) -> None:
        self._place = place
        self._patient = WarmProcess(time_limit=60, workers=1)
        self._hasty = WarmProcess(time_limit=0.15, workers=1)

    async def escapes(self, name: str) -> list[str]:
        """Grade the hostile answer and then a right one. What went wrong: nothing, when the hostile one was
        contained."""
        sandbox = self._hasty if name in ENDLESS else self._patient
        isolation = await sandbox.tested()
        if isolation.is_weak:
            return [f"not tried, as untrusted code could {isolation.unprotected}"]
        grader = Grader(sandbox=sandbox)
        verdict = await grader.grade(hostile_code(name, self._place.target))
        wrong = self._place.hits()
        if found := strays():
            wrong.append(f"still running: {found}")
        if verdict.outcome is not Outcome.FAILED:
            wrong.append(f"the verdict is {verdict.outcome}: {verdict.reason}")
        if not verdict.reason.isprintable():
            wrong.append("the reason is not printable")
        if "canary" in repr(verdict):
            wrong.append(f"it found out: {verdict.reason}")
        if sandbox.restarts:
            wrong.append("the worker died")
        right = await Grader(NEXT, sandbox=self._patient).grade(RIGHT["rand"])
        if not right.passed:
            wrong.append(f"a right answer fails after it: {right.reason}")
        return wrong

    async def close(self) -> None:
        """End both."""
        await self._patient.close()
        await self._hasty.close()


async def main(names: Sequence[str]) -> int:
    """Try these, and print what went wrong as JSON."""
    os.environ["ANTHROPIC_API_KEY"] = SECRET
    wrong = {}
    with shooting_range() as place:
        gauntlet = Gauntlet(place)
        for name in names:
            if found := await gauntlet.escapes(name):
                wrong[name] = found
        await gauntlet.close()
    print(json.dumps({"user": os.getuid(), "tried": len(names), "wrong": wrong}, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:] or HOSTILE_NAMES)))
