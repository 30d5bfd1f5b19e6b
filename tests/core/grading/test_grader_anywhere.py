"""One grader used from several threads, event loops and processes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dropout_core.grading import Grader
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from dropout_core.task.definition import Task
from dropout_core.task.sources.loading import load_task
from dropout_core.verdict.verdict import Verdict
from tests.core.right_answers import RIGHT
from tests.core.tasks_of_ones_own import SOFTMAX
from tests.core.wrong_answers import WRONG

PLAIN = RIGHT["rand"]
FLAT = WRONG["no scaling"][0]
UNDER_WAY = f"import time\ntime.sleep(0.3)\n{PLAIN}"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes the Linux way")


def in_a_loop_of_its_own(grader: Grader, code: str = PLAIN) -> Verdict:
    return asyncio.run(grader.grade(code, seed=7))


def grade_and_send(grader: Grader, line: object) -> None:
    """Grade in a process that was spawned."""
    passed, reason = in_a_loop_of_its_own(grader).passed, in_a_loop_of_its_own(grader, FLAT).reason
    asyncio.run(grader.close())
    line.send((passed, reason))  # type: ignore[attr-defined]


def passed_in_a_fork(grader: Grader) -> bool:
    """Grade in a child that has a copy of everything here but the threads."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            status = 0 if in_a_loop_of_its_own(grader).passed else 1
            asyncio.run(grader.close())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def children() -> set[str]:
    """Processes of this one."""
    stats = (path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists())
    return {stat.split()[0] for stat in stats if stat.rpartition(")")[2].split()[1] == str(os.getpid())}


@linux_only
@pytest.mark.own_processes
def test_one_grader_serves_threads_loops_and_forks_and_no_fork_touches_the_warm_processes_of_its_parent() -> (
    None
):
    grader, others = Grader(workers=2), children()
    with ThreadPoolExecutor(4) as threads:
        verdicts = list(threads.map(in_a_loop_of_its_own, [grader] * 4, [PLAIN, FLAT, PLAIN, FLAT]))
        assert [verdict.passed for verdict in verdicts] == [True, False, True, False]
        assert all(verdict.isolation != "not tested yet" for verdict in verdicts)
        warm = children() - others
        under_way = threads.submit(in_a_loop_of_its_own, grader, UNDER_WAY)
        assert passed_in_a_fork(grader)
        assert under_way.result().passed
    assert in_a_loop_of_its_own(grader).passed
    assert children() - others == warm != set()
    asyncio.run(grader.close())
    assert children() - others == set()
    assert "closed" in in_a_loop_of_its_own(grader).reason


def test_a_copy_of_an_opened_grader_gives_equal_verdicts_in_a_spawned_process_too() -> None:
    with asyncio.Runner() as loop:
        grader = Grader("basic", time_limit=60, workers=1)
        first = loop.run(grader.grade(FLAT, seed=7))
        copy = pickle.loads(pickle.dumps(grader))
        second = loop.run(copy.grade(FLAT, seed=7))
        assert (second.suite, second.reason, second.statuses) == ("basic", first.reason, first.statuses)
        loop.run(copy.close())
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=grade_and_send, args=(grader, theirs))
        process.start()
        theirs.close()
        assert ours.recv() == (True, first.reason)
        process.join()
        loop.run(grader.close())


def test_a_copy_finds_its_task_by_name_or_file_or_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "task.py").write_text(SOFTMAX)
    monkeypatch.chdir(tmp_path)
    in_file = Grader(task="task.py")
    from_name, built_in = Grader(task="softmax"), Grader(task=load_task("softmax"))
    monkeypatch.chdir("/")
    for grader in (in_file, from_name, built_in):
        copy = pickle.loads(pickle.dumps(grader))
        assert isinstance(copy.task, Task)
        assert (copy.task.name, copy.suite) == (grader.task.name, grader.suite)


async def test_a_grader_in_a_sandbox_of_the_caller_has_no_copy() -> None:
    sandbox = FreshProcess()
    with pytest.raises(TypeError, match="leave `sandbox` out"):
        pickle.dumps(Grader(sandbox=sandbox))
    await sandbox.close()
