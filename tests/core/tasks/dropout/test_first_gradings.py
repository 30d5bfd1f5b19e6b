"""The first gradings of a process, several at once: each imports draws and checks, and none sees half a module."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from dropout_core.tasks.dropout import task
sys.setswitchinterval(1e-6)
start = Barrier(8)
def drawn(_):
    start.wait()
    calls, _ = task.observe(task.suite("hard"), 3, "")
    return len(calls)
with ThreadPoolExecutor(8) as threads:
    (number,) = set(threads.map(drawn, range(8)))
print(number > 20)
"""


def test_draws_that_are_imported_by_several_threads_at_once_are_whole() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
