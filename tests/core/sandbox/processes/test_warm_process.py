"""What only the warm sandbox does, with real processes: holes that were found once, and what happens when a
worker dies."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

if sys.platform != "linux":
    pytest.skip("the warm sandbox and its layers exist on Linux only", allow_module_level=True)

from dropout_core.grading import Grader
from dropout_core.sandbox import Call, Fault, FaultKind, Observation, Prepared, Returned, SandboxBroken, Watch
from dropout_core.sandbox.interpreter import ENVIRONMENT, NUMPY_FOLDER
from dropout_core.sandbox.processes import warm_process, zygote
from dropout_core.sandbox.processes.ending import ended
from dropout_core.sandbox.processes.process import Finished
from dropout_core.sandbox.processes.processors import usable_processors
from dropout_core.sandbox.processes.warm_process import WarmProcess
from dropout_core.sandbox.wire import decode_observation
from tests.core.containment import children
from tests.core.right_answers import RIGHT

ROOT = Path(__file__).parents[4]
CALLS = [Call(np.arange(1.0, 7.0).reshape(2, 3), 0.5, True)]
IDENTITY = "def dropout(x, p, training): return x"
RIGHT_CODE = next(iter(RIGHT.values()))
WAITS_FOR_EVER = "import signal\nwhile True: signal.pause()"


@pytest.fixture
async def sandbox() -> AsyncIterator[WarmProcess]:
    """One worker, so that its process is the one that serves next."""
    sandbox = WarmProcess(time_limit=60, workers=1)
    yield sandbox
    await sandbox.close()


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `lasting`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting() -> AsyncIterator[WarmProcess]:
    """One for those that look at its process and leave it as it is; started where NumPy is told to use four threads."""
    sandbox = WarmProcess(time_limit=60, workers=1)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("OPENBLAS_NUM_THREADS", "4")
        await sandbox.evaluate("1")
    yield sandbox
    await sandbox.close()


@asynccontextmanager
async def without_layers(time_limit: float) -> AsyncIterator[WarmProcess]:
    """One in which code can attack what runs it."""
    sandbox = WarmProcess(time_limit=time_limit, clock_limit=time_limit, workers=1, layers=())
    yield sandbox
    await sandbox.close()


async def the_warm_process(sandbox: WarmProcess) -> int:
    """The one that serves."""
    parent = (await sandbox.evaluate("import os\nprint(os.getppid())")).stdout
    return int(parent)


def names(folder: str) -> list[str]:
    return [entry.name for entry in Path(folder).iterdir()]


# Nothing of one grading reaches the next

REPLAY = """
import json, os, struct
def record(meta, length):
    head = json.dumps(meta).encode()
    return struct.pack("<IQ", len(head), length) + head
done = 0
def dropout(x, p, training):
    # Announces a result and skips over it, so that what an earlier grading left there would be taken for it.
    for descriptor in range(3, 64):
        try:
            os.lseek(descriptor, 0, os.SEEK_CUR)
            os.write(descriptor, record({"event": "returned", "dtype": "<f8", "shape": x.shape}, x.nbytes))
            os.lseek(descriptor, x.nbytes, os.SEEK_CUR)
        except OSError:
            pass
    os._exit(0)
"""
STRETCHED = """
import os
def dropout(x, p, training):
    for descriptor in range(3, 64):
        try:
            os.lseek(descriptor, 2**19, os.SEEK_SET)
            os.write(descriptor, b"x")
        except OSError:
            pass
    os._exit(0)
"""


@pytest.mark.usefixtures("kept_zygotes")
async def test_results_of_the_last_grading_cannot_be_replayed(sandbox: WarmProcess) -> None:
    grader = Grader(sandbox=sandbox)
    for code in (REPLAY, STRETCHED, "import os\nos._exit(0)"):
        assert (await grader.grade(RIGHT["rand"], seed=7)).passed, code
        assert not (await grader.grade(code, seed=7)).passed, code


def memory_of(pid: int) -> Iterator[bytes]:
    """What the process holds, part by part."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            bounds, rights, *_ = line.split()
            if "r" not in rights or "[v" in line:
                continue
            start, end = (int(bound, 16) for bound in bounds.split("-"))
            memory.seek(start)
            yield memory.read(end - start)


@pytest.mark.skipif(os.geteuid() != 0, reason="others may not look into processes everywhere")
@in_one_loop
async def test_the_warm_process_never_holds_an_answer(lasting: WarmProcess) -> None:
    marker = "marker_" + "of_an_answer"
    await lasting.call(f"{marker} = 1\n{IDENTITY}", CALLS, seed=1)
    pid = await the_warm_process(lasting)
    parts = list(memory_of(pid))
    assert any(b"numpy" in part for part in parts)
    assert not any(marker.encode() in part for part in parts)


@pytest.mark.usefixtures("kept_zygotes")
async def test_each_process_draws_other_random_numbers(sandbox: WarmProcess) -> None:
    snippet = """
import random, secrets
print(np.random.rand(), np.random.default_rng().random(), random.random(), secrets.randbits(40))
"""
    first, second = [(await sandbox.evaluate(snippet)).stdout.split() for _ in range(2)]
    assert not set(first) & set(second)


@pytest.mark.usefixtures("kept_zygotes")
async def test_code_finds_its_process_as_if_it_had_been_started_for_it() -> None:
    snippet = """
import os, signal
print(signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL, signal.set_wakeup_fd(-1))
print(type(os.register_at_fork).__name__)
print(len([name for name in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + name)]))
"""
    async with without_layers(time_limit=60) as sandbox:
        result = await sandbox.evaluate(snippet)
    # The null device three times, and the results
    assert (result.stdout, result.error) == ("True -1\nbuiltin_function_or_method\n4\n", None)


# One thread


@in_one_loop
async def test_the_warm_process_has_one_thread_whatever_the_environment(lasting: WarmProcess) -> None:
    pid = await the_warm_process(lasting)
    assert names(f"/proc/{pid}/task") == [str(pid)]
    product = await lasting.evaluate("x = np.ones((600, 600))\nprint((x @ x.T).sum())")
    assert product.stdout == f"{600.0**3}\n"


@pytest.mark.skipif(usable_processors() == 1, reason="on one processor OpenBLAS starts no threads")
async def test_a_warm_process_with_threads_is_refused(
    sandbox: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "openblas" not in str(np.show_config(mode="dicts")).lower():
        pytest.skip("the test turns on the threads of OpenBLAS, which this NumPy is built without")
    monkeypatch.setitem(ENVIRONMENT, "OPENBLAS_NUM_THREADS", "2")
    with pytest.raises(SandboxBroken, match="the warm process has 2 threads"):
        await sandbox.evaluate("1")


# When it dies


@pytest.mark.usefixtures("kept_zygotes")
async def test_a_warm_process_that_died_is_replaced(sandbox: WarmProcess) -> None:
    pid = await the_warm_process(sandbox)
    watched = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    assert poll.poll(60_000)
    os.close(watched)
    (result,) = (await sandbox.call(IDENTITY, CALLS, seed=1)).results
    assert isinstance(result, Returned)
    assert sandbox.restarts == 1


def killed(*pids: int) -> None:
    """Kill processes, and wait until they are dead."""
    watched = [os.pidfd_open(pid) for pid in pids]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for one in watched:
        poll = select.poll()
        poll.register(one, select.POLLIN)
        assert poll.poll(60_000)
        os.close(one)


def first_children(process: int, known: Collection[int] = ()) -> list[int]:
    """The children that are not known, as soon as there are any."""
    while not (found := [child for child in children(process) if child not in known]):
        os.sched_yield()
    return found


async def test_idle_workers_that_were_all_killed_fail_no_answer() -> None:
    before = set(children(os.getpid()))
    async with Grader(sandbox=WarmProcess(workers=2)) as grader:
        await asyncio.gather(*(grader.grade(RIGHT_CODE, seed=seed) for seed in range(3)))
        killed(*(set(children(os.getpid())) - before))
        verdicts = await asyncio.gather(*(grader.grade(RIGHT_CODE, seed=seed) for seed in range(3)))
        assert [verdict.reason for verdict in verdicts] == ["All tests passed!"] * 3


@pytest.mark.long_run  # like the next one, and it is killed once
async def test_a_child_made_in_advance_that_was_killed_fails_no_answer(sandbox: WarmProcess) -> None:
    worker = await the_warm_process(sandbox)
    killed(*await asyncio.to_thread(first_children, worker))
    (result,) = (await sandbox.call(IDENTITY, CALLS, seed=1)).results
    assert isinstance(result, Returned)


async def test_children_that_are_killed_again_and_again_before_they_begin(
    sandbox: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_process, "MOST_STARTS", 3)
    await the_warm_process(sandbox)
    left, run = ["first", "second"], zygote.Zygote.run

    def killed_before(worker: zygote.Zygote, job: zygote.Job) -> Finished:
        if left:
            left.pop()
            killed(*first_children(worker.pid))
        return run(worker, job)

    monkeypatch.setattr(zygote.Zygote, "run", killed_before)
    assert isinstance((await sandbox.call(IDENTITY, CALLS, seed=1)).results[0], Returned)
    assert sandbox.restarts == 2

    left += ["first", "second", "third"]
    with pytest.raises(SandboxBroken, match="the sandbox process did not start: it ended with status -9"):
        await sandbox.call(IDENTITY, CALLS, seed=1)
    assert sandbox.restarts == 2 + 3
    assert isinstance((await sandbox.call(IDENTITY, CALLS, seed=1)).results[0], Returned)


async def test_a_self_test_whose_child_was_killed_is_begun_anew(
    sandbox: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, workers = zygote.Zygote.run, list[int]()

    def killed_before(worker: zygote.Zygote, job: zygote.Job) -> Finished:
        workers.append(worker.pid)
        if len(workers) == 1:
            killed(*first_children(worker.pid))
        return run(worker, job)

    monkeypatch.setattr(zygote.Zygote, "run", killed_before)
    assert "not tested" not in (await sandbox.tested()).level
    assert len(set(workers)) == len(workers) == 2


async def test_code_that_cannot_kill_is_not_blamed_for_killed_workers(
    sandbox: WarmProcess,
) -> None:
    known = set(children(os.getpid()))
    call = asyncio.create_task(sandbox.call(WAITS_FOR_EVER, CALLS, seed=1))
    while not call.done():
        for worker in set(children(os.getpid())) - known:
            known.add(worker)
            if await asyncio.to_thread(first_children, worker):  # it is about to run something
                killed(worker)
        await asyncio.wait({call}, timeout=0.05)
    with pytest.raises(SandboxBroken, match="the sandbox process d"):
        call.result()


ATTACKS_ITS_WORKER = """
import os, signal
os.kill(os.getppid(), signal.{})
while True: signal.pause()
"""


@pytest.mark.parametrize("how", [pytest.param("SIGKILL", marks=pytest.mark.long_run), "SIGSTOP"])
async def test_code_that_kills_its_worker_twice_fails(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zygote, "SILENCE", 0.2)
    monkeypatch.setattr(zygote, "PATIENCE", 0.1)
    async with without_layers(time_limit=0.5 if how == "SIGSTOP" else 60) as sandbox:
        observation = await sandbox.call(ATTACKS_ITS_WORKER.format(how), CALLS, seed=1)
        assert observation.defining == Fault(FaultKind.KILLED, "Killed the worker that ran it, twice")
        assert sandbox.restarts == 2
        (result,) = (await sandbox.call(IDENTITY, CALLS, seed=1)).results
        assert isinstance(result, Returned)


async def test_a_warm_process_that_has_served_long_is_replaced(
    sandbox: WarmProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_process, "RECYCLE_AFTER", 2)
    seen = {await the_warm_process(sandbox) for _ in range(4)}
    assert len(seen) > 1
    assert sandbox.restarts == 0


@pytest.mark.usefixtures("kept_zygotes")
async def test_cancelling_leaves_the_warm_process_usable(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    async with without_layers(time_limit=60) as sandbox:
        pid = await the_warm_process(sandbox)
        code = f"with open({str(fifo)!r}, 'w') as line: line.write('x')\n{WAITS_FOR_EVER}"
        call = asyncio.create_task(sandbox.call(code, CALLS, seed=1))
        assert await asyncio.to_thread(fifo.read_text) == "x"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await the_warm_process(sandbox) == pid
        assert sandbox.restarts == 0


@pytest.mark.usefixtures("kept_zygotes")
async def test_one_worker_runs_one_piece_of_code_at_a_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    writes = f"open({str(log)!r}, 'a').write"
    code = f"import time\n{writes}('<')\ntime.sleep(0.05)\n{writes}('>')\n{IDENTITY}"
    async with without_layers(time_limit=60) as sandbox:
        await asyncio.gather(*(sandbox.call(code, CALLS, seed=1) for _ in range(10)))
    assert log.read_text() == 10 * "<>"


@pytest.mark.usefixtures("kept_zygotes")
async def test_code_is_prepared_while_other_code_runs_and_can_be_cancelled_then(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    prepared = threading.Event()

    def prepare() -> Prepared[Observation]:
        prepared.set()
        return CALLS, lambda observation: observation

    async with without_layers(time_limit=60) as sandbox:
        waits = asyncio.create_task(
            sandbox.call(f"open({str(fifo)!r}, 'w').close()\n{IDENTITY}", CALLS, seed=1)
        )
        other = asyncio.create_task(sandbox.call_prepared(IDENTITY, prepare, seed=1))
        assert await asyncio.to_thread(prepared.wait, 60)
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other
        assert not waits.done()
        await asyncio.to_thread(fifo.read_bytes)
        (result,) = (await waits).results
        assert isinstance(result, Returned)


async def test_workers_are_started_when_needed_and_ended_with_the_sandbox() -> None:
    before = children(os.getpid())
    sandbox = WarmProcess(time_limit=60, workers=2)
    for _ in range(3):
        await sandbox.evaluate("1")
    assert len(children(os.getpid())) == len(before) + 1
    await asyncio.gather(*(sandbox.evaluate("1") for _ in range(10)))
    assert len(children(os.getpid())) <= len(before) + 2
    await sandbox.close()
    assert children(os.getpid()) == before


@in_one_loop
async def test_no_descriptors_are_left_open(lasting: WarmProcess) -> None:
    await lasting.evaluate("1")
    before = names("/proc/self/fd")
    for _ in range(5):
        await lasting.call(IDENTITY, CALLS, seed=1)
    assert len(names("/proc/self/fd")) <= len(before)


PRACTISED = """
import os, sys
from dropout_core.sandbox.inside import child, warm_up
from dropout_core.sandbox.inside.unseen import take
child.import_numpy(sys.argv[2])
calls = warm_up.REQUEST["calls"]
take([child.graded(warm_up.CODE, calls, warm_up.ZEROS, child.Results(int(sys.argv[1])))])
"""


def test_every_warm_up_call_returns(tmp_path: Path) -> None:
    with (tmp_path / "result").open("w+b", buffering=0) as result:
        arguments = [str(result.fileno()), str(NUMPY_FOLDER)]
        subprocess.run(
            [sys.executable, "-c", PRACTISED, *arguments], check=True, pass_fds=(result.fileno(),), cwd=ROOT
        )
        watch = frozenset({Watch.RESULT})
        calls = [Call(np.zeros((8, 8)), 0.5, training, watch=watch) for training in (True, False)]
        observation = decode_observation((tmp_path / "result").read_bytes(), calls, ended(0))
    assert all(isinstance(one, Returned) and one.array_later is not None for one in observation.results), (
        observation
    )
