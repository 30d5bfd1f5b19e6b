"""What the program holds in memory is closed to untrusted code, also where no layer of the kernel keeps it apart."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.sandboxes import UNPROTECTED_KINDS, linux_only, opened

pytestmark = linux_only

PROJECT = Path(__file__).parents[4]
GET_DUMPABLE = 3
LOOKS_AT_ITS_ANCESTORS = """
import os
process, opened = os.getppid(), []
while process > 1:
    for name, flags in (("environ", os.O_RDONLY), ("mem", os.O_RDWR)):
        try:
            os.close(os.open(f"/proc/{process}/{name}", flags))
            opened.append((process, name))
        except OSError:
            pass
    if process == HARNESS:
        break
    process = int(open(f"/proc/{process}/stat").read().rpartition(")")[2].split()[1])
print(process, opened)
"""
WRITES_TO_MEMORY = """
import os
def dropout(x, p, training):
    memory = os.open("/proc/HARNESS/mem", os.O_RDWR)
    raise RuntimeError("it was opened")
"""
GRADES = """
import ctypes, os, sys
from dropout_core import Grader
from dropout_core.sandbox.processes.fresh_process import FreshProcess
import asyncio

async def main():
    sandbox = FreshProcess()
    verdict = await Grader(sandbox=sandbox).grade(sys.argv[1].replace("HARNESS", str(os.getpid())))
    await sandbox.close()
    print(verdict.reason)

asyncio.run(main())
"""


@pytest.mark.usefixtures("kept_zygotes")
@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
async def test_without_layers_memory_and_environment_of_what_runs_the_code_are_closed(kind: str) -> None:
    async with opened(kind, time_limit=10) as sandbox:
        await sandbox.evaluate("1")  # the first finds out how well the code is kept apart
        result = await sandbox.evaluate(f"HARNESS = {os.getpid()}\n{LOOKS_AT_ITS_ANCESTORS}")
    assert result.error is None
    assert result.stdout == f"{os.getpid()} []\n"


TELLS_OF_ITSELF = f"""
import ctypes
print("can be traced:", ctypes.CDLL(None).prctl({GET_DUMPABLE}, 0, 0, 0, 0))
for line in open("/proc/self/status"):
    if line.startswith(("CapPrm", "CapEff")): print("capabilities:", int(line.split()[1], 16))
print("ended when memory runs out:", open("/proc/self/oom_score_adj").read().strip())
"""
ENDED_FIRST = 1000


@pytest.mark.usefixtures("kept_zygotes")
@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
async def test_without_layers_code_cannot_be_traced_has_no_capability_and_is_what_the_system_ends_first(
    kind: str,
) -> None:
    async with opened(kind, time_limit=10) as sandbox:
        result = await sandbox.evaluate(TELLS_OF_ITSELF)
    assert result.error is None
    assert result.stdout.splitlines() == [
        "can be traced: 0",
        "capabilities: 0",
        "capabilities: 0",
        f"ended when memory runs out: {ENDED_FIRST}",
    ]
    assert ctypes.CDLL(None).prctl(GET_DUMPABLE, 0, 0, 0, 0) == 0, "this process can be traced"


def test_an_answer_cannot_write_into_the_memory_of_its_grader() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", GRADES, WRITES_TO_MEMORY],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Not allowed in the sandbox: PermissionError" in finished.stdout, finished
