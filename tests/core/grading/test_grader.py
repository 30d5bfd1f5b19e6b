"""Grading from end to end: real processes, right and hostile answers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from dropout_core.grading import Grader, grade
from dropout_core.sandbox import Call, ExpressionResult, NotReached, Observation, Prepared, T
from dropout_core.sandbox.function_calls import PreparedCalls
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from dropout_core.task.requirement import UnknownSuite
from dropout_core.tasks.dropout import BASIC
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict
from tests.core.hostile_answers import ENDLESS, HOSTILE
from tests.core.right_answers import RIGHT
from tests.core.wrong_answers import WRONG

PLAIN = RIGHT["rand"]
AGAINST_ITS_PROCESS = (
    "endless loop in a call",
    "kills its supervisor",
    "garbage in every descriptor",
    "working folder deleted",
    "grandchildren that go on",
)
"""Hostile answers against what the sandbox of other systems does in another way than that of Linux. All hostile answers
are tried in that of Linux; how a call ends that exits, crashes or takes all memory, in both, in `test_sandbox` and
`test_limits`. The others are tried here in long runs."""


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `grader`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def grader() -> AsyncIterator[Grader]:
    """One for all tests, as one grades all answers of an evaluation."""
    async with Grader(time_limit=60) as grader:
        yield grader


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


async def graded(code: str, *, time_limit: float) -> Verdict:
    """By way of the sandbox that every system has."""
    sandbox = FreshProcess(time_limit=time_limit)
    verdict = await Grader(sandbox=sandbox).grade(code, seed=5)
    await sandbox.close()
    return verdict


NEEDS_MORE_THAN_NUMPY_RAND = (
    *(
        "generator per call",
        "generator of the module",
        "other bit generator",
        "RandomState",
        "spawned generators",
    ),
    *("global seed at import", "seeded by the clock", "random of the standard library"),
    *("random bytes of the system", "random bytes of NumPy", "object", "partial", "class with a method"),
    *("prints and logs", "errstate", "vectorize", "masked array", "recursion over the axes", "np is given"),
)
"""Right answers that a sandbox could hinder. That the others are right is tried in `test_corpus` without one."""


@pytest.mark.parametrize(
    "styles",
    [
        pytest.param(NEEDS_MORE_THAN_NUMPY_RAND, id="that a sandbox could hinder"),
        pytest.param(tuple(RIGHT), id="all", marks=pytest.mark.long_run),
    ],
)
@in_one_loop
async def test_right_answers_pass(grader: Grader, styles: Sequence[str]) -> None:
    verdicts = await asyncio.gather(*(grader.grade(RIGHT[style]) for style in styles))
    reasons = {style: verdict.reason for style, verdict in zip(styles, verdicts, strict=True)}
    assert reasons == dict.fromkeys(styles, "All tests passed!")
    for verdict in verdicts:
        assert verdict.passed
        assert [check.id for check in verdict.checks] == [requirement.id for requirement in BASIC]


@pytest.mark.parametrize(
    "kind", ["rate too high", "seeded in every call", "no scaling", "flat output", "NaN at p = 1"]
)
@in_one_loop
async def test_wrong_answers_fail_with_the_words_of_their_first_failing_check(
    grader: Grader, kind: str
) -> None:
    verdict = await grader.grade(WRONG[kind][0], seed=3)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.first_failing is not None
    assert verdict.reason == next(
        requirement.failure for requirement in BASIC if requirement.id == verdict.first_failing.id
    )


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere not all of them are contained")
@pytest.mark.parametrize(
    "attack",
    [
        *AGAINST_ITS_PROCESS,
        *(
            pytest.param(attack, marks=pytest.mark.long_run)
            for attack in HOSTILE
            if attack not in AGAINST_ITS_PROCESS
        ),
    ],
)
async def test_hostile_answers_fail_and_leave_nothing_behind(
    attack: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    open_files = len(names(Path("/proc/self/fd")))
    verdict = await graded(HOSTILE[attack], time_limit=0.15 if attack in ENDLESS else 60)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason
    assert all(ord(char) >= 32 for char in verdict.reason)
    verdict.reason.encode()
    assert names(tmp_path) == set()
    assert len(names(Path("/proc/self/fd"))) <= open_files
    assert (await graded(PLAIN, time_limit=60)).passed


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def drop_out(x, p, training): return x", "No function named dropout is defined"),
        (
            "def dropout(x, p, training):\n\n\n    return jnp.copy(x)",
            "NameError: name 'jnp' is not defined (line 4)",
        ),
        ("def dropout(x, p, training):\n    return x +", "SyntaxError: invalid syntax (line 2)"),
        (
            "def dropout(x, rate): return x",
            "TypeError: dropout() got an unexpected keyword argument 'p'",
        ),
        ("def dropout(x, p, training): __import__('os').abort()", "Killed by signal 6"),
        ("def dropout(x, p, training): __import__('numpy').ones(10 * 2**27)", "Ran out of memory (line 1)"),
        ("def dropout(x, p, training): pass", "dropout returned None, not a NumPy array"),
    ],
)
@in_one_loop
async def test_code_that_does_not_run_says_why(grader: Grader, code: str, reason: str) -> None:
    verdict = await grader.grade(code, seed=3)
    assert verdict.reason == reason
    assert [check.status for check in verdict.checks[1:]] == [CheckStatus.NOT_REACHED] * 7


@in_one_loop
async def test_an_exception_in_one_shape_only_is_not_called_a_shape_that_differs(grader: Grader) -> None:
    verdict = await grader.grade(PLAIN.replace("*x.shape", "len(x), x.shape[1]"), seed=3)
    assert verdict.checks[1].status is CheckStatus.FAILED
    assert verdict.reason == f"Shape: {verdict.checks[1].measured} (line 8)"
    assert "Error: " in verdict.reason


@in_one_loop
async def test_an_exception_at_one_p_only_is_the_edge_cases_failure(grader: Grader) -> None:
    verdict = await grader.grade(WRONG["exception at p = 1"][0], seed=3)
    failed = [check for check in verdict.checks if check.status is CheckStatus.FAILED]
    assert [check.id for check in failed] == ["edge_cases"]
    assert "ZeroDivisionError: float division by zero (line 3)" in failed[0].message
    assert verdict.reason == "Edge cases: ZeroDivisionError: float division by zero (line 3)"


@pytest.mark.parametrize(
    "style", ["rand", "generator per call", "RandomState", "random of the standard library"]
)
@in_one_loop
async def test_verdicts_are_reproducible(grader: Grader, style: str) -> None:
    first, same, other = await asyncio.gather(*(grader.grade(RIGHT[style], seed=seed) for seed in (7, 7, 8)))
    assert first.checks == same.checks
    assert first.checks != other.checks
    assert (first.seed, first.suite) == (7, "basic")
    assert first.isolation in ("full", "partial: no landlock", "partial: no seccomp", "basic")
    assert first.seconds > 0


@in_one_loop
async def test_without_a_seed_one_is_drawn_and_kept(grader: Grader) -> None:
    first, second = await grader.grade(PLAIN), await grader.grade(PLAIN)
    assert first.seed != second.seed
    assert (await grader.grade(PLAIN, seed=first.seed)).checks == first.checks


@in_one_loop
async def test_answers_graded_at_once_do_not_mix(grader: Grader) -> None:
    codes = [PLAIN, WRONG["no scaling"][0], "", HOSTILE["NumPy patched"]] * 3
    verdicts = await asyncio.gather(*(grader.grade(code) for code in codes))
    assert [verdict.passed for verdict in verdicts] == [True, False, False, False] * 3


def test_grading_one_answer_blocks_until_the_verdict() -> None:
    verdict = grade(PLAIN, seed=7)
    assert verdict.passed
    assert verdict.seed == 7


async def test_grading_one_answer_works_inside_a_running_loop() -> None:
    assert grade(PLAIN, suite="basic", seed=7).passed


async def test_a_broken_sandbox_makes_the_verdict_void(tmp_path: Path) -> None:
    sandbox = FreshProcess(interpreter=str(tmp_path / "none"))
    async with Grader(sandbox=sandbox) as grader:
        verdict = await grader.grade(PLAIN, seed=7)
    await sandbox.close()
    assert verdict.outcome is Outcome.VOID
    assert "No such file" in verdict.reason
    assert (verdict.checks, verdict.isolation, verdict.seed) == ((), "not run", 7)


def test_an_unknown_suite_is_refused() -> None:
    with pytest.raises(UnknownSuite, match="choose one of: basic"):
        grade(PLAIN, suite="none")
    with pytest.raises(UnknownSuite):
        Grader(suite="none")


class SandboxOfOthers:
    """Says that it was never reached, and remembers what it was asked and whether it was closed."""

    isolation = "pretended"

    def __init__(self) -> None:
        self.calls: list[Sequence[Call]] = []
        self.seeds: list[int] = []
        self.closed = False

    async def call(self, code: str, calls: Sequence[Call], *, seed: int) -> Observation:
        raise NotImplementedError

    async def call_prepared(self, code: str, prepare: Callable[[], Prepared[T]], *, seed: int) -> T:
        calls, judge = prepare()
        self.calls.append(calls)
        self.seeds.append(seed)
        return judge(Observation(None, tuple(NotReached() for _ in calls)))

    async def call_function(self, code: str, prepare: Callable[[], PreparedCalls[T]], *, seed: int) -> T:
        raise NotImplementedError

    async def evaluate(self, expression: str) -> ExpressionResult:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed = True


async def test_a_sandbox_that_is_given_is_used_and_stays_open() -> None:
    sandbox = SandboxOfOthers()
    async with Grader(sandbox=sandbox) as grader:
        verdict = await grader.grade(PLAIN, seed=7)
    assert verdict.isolation == "pretended"
    assert verdict.outcome is Outcome.FAILED
    assert {check.status for check in verdict.checks} == {CheckStatus.NOT_REACHED}
    assert not sandbox.closed


async def test_inputs_and_the_seed_of_the_answer_are_new_for_every_seed() -> None:
    sandbox = SandboxOfOthers()
    async with Grader(sandbox=sandbox) as grader:
        for seed in (7, 8):
            await grader.grade(PLAIN, seed=seed)
    first, second = sandbox.calls
    assert not any(np.array_equal(a.x, b.x) for a in first for b in second)
    assert len({*sandbox.seeds, 7, 8}) == 4


async def test_cancelling_a_grading_ends_it(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = f"import os\nopen({str(fifo)!r}, 'w').write(str(os.getpid()))\nwhile True: pass"
    sandbox = FreshProcess(time_limit=60)
    grading = asyncio.create_task(Grader(sandbox=sandbox).grade(code))
    pid = int(await asyncio.to_thread(fifo.read_text))
    grading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await grading
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    await sandbox.close()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_without_files_an_answer_is_not_judged_and_later_it_is() -> None:
    """In a process of its own, whose limit of open files is reached after the first answer."""
    program = """
import asyncio, os, resource
from dropout_core.grading import Grader

ANSWER = "def dropout(x, p, training):\\n    raise KeyError(1)"

async def main():
    async with Grader() as grader:
        print((await grader.grade(ANSWER, seed=1)).outcome.value)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard))
        verdicts = await asyncio.gather(*(grader.grade(ANSWER, seed=seed) for seed in range(8)))
        print({verdict.outcome.value for verdict in verdicts if "open files" in verdict.reason})
        print({verdict.outcome.value for verdict in verdicts} - {"failed", "void"})
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        print((await grader.grade(ANSWER, seed=1)).outcome.value)

asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert ran.stdout.splitlines() == ["failed", "{'void'}", "set()", "failed"], ran.stderr
