"""Limits are the answer's own: what it did counts, and not what the machine had to do meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from dropout_core.grading import Grader
from dropout_core.sandbox import ExpressionResult, Sandbox, SandboxBroken
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from dropout_core.tasks.dropout.probes import draw_probes
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict
from tests.core.busy import busy_loops, on_one_processor
from tests.core.sandboxes import KINDS, WARM_FIRST, linux_only, made

started_here = pytest.mark.own_processes
"""For what is confined to one processor: a process that was started before would not be."""

BEFORE = "import os, signal, threading, time\nimport numpy as np\ndef dropout(x, p, training):\n"
AFTER = """
    if not training or p == 0: return x.copy()
    if p == 1: return np.zeros_like(x)
    return np.where(np.random.random(x.shape) >= p, x / (1 - p), 0.0)
"""
ENDLESS = BEFORE + "    while True: pass\n"
BUSY = "the machine was too busy"
LONG = 1000.0
CALLS = len(draw_probes(0).calls)


def sleeping(seconds: float) -> str:
    """A right answer that sleeps for so long, in all of its calls together."""
    return f"{BEFORE}    time.sleep({seconds / CALLS}){AFTER}"


def working(seconds: float) -> str:
    """A right answer that uses so much of the processor, in all of its calls together."""
    each = seconds / CALLS
    worked = f"    begun = time.process_time()\n    while time.process_time() - begun < {each}: pass"
    return f"{BEFORE}{worked}{AFTER}"


async def graded(sandbox: Sandbox, code: str, seeds: range = range(1)) -> list[Verdict]:
    """Together, and closes the sandbox."""
    return await all_graded(sandbox, [(code, seed) for seed in seeds])


async def all_graded(sandbox: Sandbox, answers: Sequence[tuple[str, int]]) -> list[Verdict]:
    """Each with its seed, together, and closes the sandbox."""
    try:
        return await graded_together(sandbox, answers)
    finally:
        await sandbox.close()


async def graded_together(sandbox: Sandbox, answers: Sequence[tuple[str, int]]) -> list[Verdict]:
    """Each with its seed; leaves the sandbox open."""
    grader = Grader(sandbox=sandbox)
    return list(await asyncio.gather(*(grader.grade(code, seed=seed) for code, seed in answers)))


def reasons(verdicts: list[Verdict]) -> set[tuple[Outcome, str]]:
    return {(verdict.outcome, verdict.reason) for verdict in verdicts}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=WARM_FIRST)
def one_kind(request: pytest.FixtureRequest) -> str:
    """For what uses much of the processor and is decided by the same stopwatch in each."""
    return str(request.param)


# What counts


async def test_an_answer_may_sleep_for_longer_than_it_may_work(kind: str) -> None:
    sandbox = made(kind, time_limit=1.5, clock_limit=LONG)
    assert reasons(await graded(sandbox, sleeping(1.7))) == {(Outcome.PASSED, "All tests passed!")}


async def test_one_that_sleeps_too_long_fails_with_one_headline_whatever_the_seed(kind: str) -> None:
    sandbox = made(kind, time_limit=LONG, clock_limit=0.7)
    verdicts = await graded(sandbox, sleeping(1.7), range(2))
    assert reasons(verdicts) == {(Outcome.FAILED, "The calls took more than 0.7 s")}
    for verdict in verdicts:
        failed = [check.id for check in verdict.checks if check.status is CheckStatus.FAILED]
        assert failed == ["runs"]
        made_calls = sum(
            f"; {calls} of {CALLS} were made" in verdict.checks[0].message for calls in range(CALLS)
        )
        assert made_calls == 1, verdict.checks[0].message


async def test_one_that_works_too_long_fails_with_one_headline_whatever_the_seed(one_kind: str) -> None:
    sandbox = made(one_kind, time_limit=0.3, clock_limit=LONG)
    verdicts = await graded(sandbox, working(0.9), range(2))
    assert reasons(verdicts) == {(Outcome.FAILED, "The calls took more than 0.3 s of processor time")}
    assert {verdict.cause for verdict in verdicts} == {"runs"}


BODIES = {
    "ignores the signal": "    signal.signal(signal.SIGXCPU, signal.SIG_IGN)\n    while True: pass\n",
    "blocks every signal": "    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\n    while True: pass\n",
    "sleeps between": "    while True: time.sleep(0.0001)\n",
    "stays outside of Python": "    while True: np.ones((500, 500)) @ np.ones((500, 500))\n",
}


async def test_no_way_of_using_the_processor_escapes(one_kind: str) -> None:
    sandbox = made(one_kind, time_limit=0.2, clock_limit=LONG)
    verdicts = await all_graded(sandbox, [(BEFORE + body, 0) for body in BODIES.values()])
    said = {name: verdict.checks[0].message for name, verdict in zip(BODIES, verdicts, strict=True)}
    too_long = f"The calls took more than 0.2 s of processor time; 0 of {CALLS} were made"
    assert said == dict.fromkeys(BODIES, too_long)


async def test_the_time_of_all_threads_counts() -> None:
    spin = "    threads = [threading.Thread(target=spin) for _ in range(4)]\n    for one in threads: one.start()\n"
    code = f"def spin():\n    while True: pass\n{BEFORE}{spin}    threads[0].join()\n"
    (verdict,) = await graded(FreshProcess(time_limit=0.3, clock_limit=LONG), code)
    # Where its limits let it start no threads, that is what is said.
    assert verdict.reason.startswith(
        ("The calls took more than 0.3 s of processor time", "Not allowed in the sandbox: RuntimeError")
    )


async def test_time_that_runs_out_before_the_first_call_is_reported_as_such(one_kind: str) -> None:
    sandbox = made(one_kind, time_limit=0.3, clock_limit=LONG)
    (verdict,) = await graded(sandbox, "while True: pass")
    assert verdict.reason == "Loading the code took more than 0.3 s of processor time"
    assert verdict.cause == "runs"


ENDS = {
    "os.abort()": "Killed by signal 6",
    "os._exit(0)": "Exited early, with status 0",
    "signal.raise_signal(signal.SIGXCPU)": "Killed by signal 24",
}


async def test_an_end_in_one_call_has_one_headline_whatever_the_seed(one_kind: str) -> None:
    answers = [(f"{BEFORE}    if p == 1: {end}{AFTER}", seed) for end in ENDS for seed in range(2)]
    verdicts = await all_graded(made(one_kind, time_limit=LONG), answers)
    expected = [(Outcome.FAILED, reason) for reason in ENDS.values() for _ in range(2)]
    assert [(verdict.outcome, verdict.reason) for verdict in verdicts] == expected
    for verdict in verdicts:
        runs, edge_cases = verdict.checks[0], verdict.checks[-1]
        assert runs.message.startswith(f"{verdict.reason}; ")
        assert runs.evidence is not None
        assert runs.evidence.call is not None
        assert any(p in runs.evidence.call for p in ("p=1,", "(x, 1,", "p=1.0,", "(x, 1.0,"))
        assert edge_cases.status is CheckStatus.NOT_REACHED


async def test_memory_that_runs_out_in_some_calls_belongs_to_all_of_them(kind: str) -> None:
    code = f"{BEFORE}    if p == 0.3: np.ones(10 * 2**27){AFTER}"
    (verdict,) = await graded(made(kind, time_limit=LONG), code)
    assert (verdict.cause, verdict.reason) == ("runs", "Ran out of memory (line 4)")


# On a busy machine


@linux_only
@started_here
async def test_a_busy_machine_changes_no_verdict(one_kind: str) -> None:
    answers = [(code, 0) for code in (working(0.1), ENDLESS, sleeping(0.5))]
    with on_one_processor():
        sandbox = made(one_kind, time_limit=0.3, clock_limit=LONG, at_once=3)
        quiet = await graded_together(sandbox, answers)
        with busy_loops(2):
            busy = await all_graded(sandbox, answers)
    assert [verdict.checks for verdict in busy] == [verdict.checks for verdict in quiet]
    assert [verdict.reason for verdict in busy] == [verdict.reason for verdict in quiet]
    assert [verdict.passed for verdict in quiet] == [True, False, True]


@linux_only
@started_here
@pytest.mark.long_run  # like the one before, and the machine is busy with the answers themselves
async def test_answers_that_work_hard_do_not_fail_each_other(one_kind: str) -> None:
    sandbox = made(one_kind, time_limit=0.5, clock_limit=LONG, at_once=5)
    with on_one_processor():
        verdicts = await graded(sandbox, working(0.15), range(5))
    assert reasons(verdicts) == {(Outcome.PASSED, "All tests passed!")}


@linux_only
@started_here
async def test_what_is_starved_twice_says_nothing_about_the_model(one_kind: str) -> None:
    with on_one_processor():
        sandbox = made(one_kind, time_limit=LONG, clock_limit=0.25)
        with suppress(SandboxBroken):
            await sandbox.evaluate("1")  # it has started before the machine is busy
        with busy_loops(6):
            assert reasons(await graded(sandbox, ENDLESS)) == {(Outcome.VOID, BUSY)}


@linux_only
@started_here
async def test_answers_that_starve_each_other_are_run_again_alone(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = f"open({str(begun)!r}, 'a').write('x')\n{working(0.1)}"
    with on_one_processor():
        sandbox = made("warm without layers", time_limit=LONG, clock_limit=0.6, at_once=7)
        verdicts = await graded(sandbox, code, range(7))
    assert reasons(verdicts) == {(Outcome.PASSED, "All tests passed!")}
    assert len(begun.read_text()) > 7


# Expressions of agents


@pytest.mark.parametrize(
    ("code", "time_limit", "clock_limit", "said"),
    [
        ("while True: pass", 0.3, LONG, "Took more than 0.3 s of processor time"),
        ("import time\ntime.sleep(1000)", LONG, 1, "Took more than 1 s"),
        pytest.param(
            *("import signal\nsignal.pause()", LONG, 1, "Took more than 1 s"), marks=pytest.mark.long_run
        ),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", LONG, 1, "Took more than 1 s"),
    ],
)
async def test_expressions_have_the_same_limits(
    one_kind: str, code: str, time_limit: float, clock_limit: float, said: str
) -> None:
    sandbox = made(one_kind, time_limit=time_limit, clock_limit=clock_limit)
    result = await sandbox.evaluate(f"print(1)\n{code}")
    await sandbox.close()
    assert result == ExpressionResult("1\n", said, timed_out=True)
