"""Where the system refuses something that is usually there, answers are graded nevertheless, or the verdict says why
not."""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.core.right_answers import RIGHT
from tests.core.sandboxes import WARM_FIRST, linux_only

PROJECT = Path(__file__).parents[3]
pytestmark = [
    linux_only,
    pytest.mark.skipif(
        platform.machine() != "x86_64", reason="the numbers of system calls are those of x86_64"
    ),
]


MANY_WORKERS = """
import asyncio, sys
from dropout_core import Grader
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from dropout_core.sandbox.processes.warm_process import WarmProcess

async def main(sandbox):
    grader = Grader(sandbox=sandbox)
    verdicts = await asyncio.gather(*(grader.grade(sys.argv[2], seed) for seed in range(12)))
    await sandbox.close()
    print(*sorted({(str(verdict.outcome), verdict.reason) for verdict in verdicts}))

asyncio.run(main(WarmProcess(workers=64) if sys.argv[1] == "warm" else FreshProcess(concurrency=64)))
"""


Verdicts = Mapping[str, Sequence[tuple[str, str, str]]]


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """On a right and a wrong answer, without each."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.core.bereft"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return {
        without: [(verdict["outcome"], verdict["reason"], verdict["isolation"]) for verdict in both]
        for without, both in json.loads(finished.stdout).items()
    }


@pytest.mark.parametrize(
    ("without", "isolation"),
    [
        ("seek_hole", "full"),
        ("memfd_create", "full"),
        ("folders", "full"),
        ("prlimit", "partial: no memory limit"),
    ],
)
def test_what_can_be_done_without_changes_no_verdict(
    verdicts: Verdicts, without: str, isolation: str
) -> None:
    right, wrong = verdicts[without]
    assert right == ("passed", "All tests passed!", isolation)
    assert (wrong[0], wrong[2]) == ("failed", isolation)


@pytest.mark.parametrize(
    ("without", "reason"),
    [
        (
            "memory_files_and_folders",
            "memfd_create: Operation not permitted, and no temporary folder can be written to",
        ),
        ("files", "Too many open files"),
        ("threads", "can't start new thread"),
    ],
)
def test_what_cannot_be_done_without_makes_a_void_verdict_that_names_it(
    verdicts: Verdicts, without: str, reason: str
) -> None:
    for outcome, said, isolation in verdicts[without]:
        assert outcome == "void"
        assert said.endswith(reason)
        assert "\n" not in said
        assert isolation == "not run"


@pytest.mark.parametrize("kind", WARM_FIRST)
def test_no_more_answers_run_at_once_than_files_may_be_open_for(kind: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", MANY_WORKERS, kind, RIGHT["rand"]],
        cwd=PROJECT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (72, 72)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.stdout == "('passed', 'All tests passed!')\n", finished.stderr
