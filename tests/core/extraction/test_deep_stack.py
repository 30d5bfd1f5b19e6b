"""Code that is nested without end, and little stack: it fails, and nothing else does."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_core.grading import grade
from tests.core.right_answers import RIGHT
from tests.core.sandboxes import linux_only

pytestmark = linux_only

PROJECT = Path(__file__).parents[3]
LITTLE = 256 << 10  # bytes
NESTED = {
    "signs": "x = " + "-" * 60_000 + "1",
    "negations": "x = " + "not " * 20_000 + "1",
    "functions": "x = " + "lambda: " * 8_000 + "1",
    "choices": "x = " + "1 if 1 else " * 8_000 + "1",
    "powers": "x = " + "1**" * 20_000 + "1",
    "branches": "if 1: pass\n" + "elif 1: pass\n" * 8_000,
    "brackets": "x = " + "[" * 190 + "]" * 190,
}
GRADES = """
import asyncio, json, sys
from concurrent.futures import ThreadPoolExecutor
from dropout_core import Grader, NoCodeFound, extract_code

def found(reply):
    try:
        return extract_code(reply)
    except NoCodeFound:
        return None

async def judged(codes):
    async with Grader("strict", workers=1) as grader:
        return [await grader.grade(code, 1) for code in codes]

codes = json.load(sys.stdin)
with ThreadPoolExecutor(1) as thread:
    for read in (found, lambda code: found(f"```python\\n{code}\\n```")):
        [read(code) for code in codes]
        list(thread.map(read, codes))
    verdicts = thread.submit(asyncio.run, judged(codes)).result()
print(json.dumps([[verdict.outcome, verdict.reason] for verdict in verdicts]))
"""


def verdicts(codes: list[str], stack: tuple[int, int]) -> list[tuple[str, str]]:
    finished = subprocess.run(
        [sys.executable, "-c", GRADES],
        cwd=PROJECT,
        input=json.dumps(codes),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, stack),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return [tuple(each) for each in json.loads(finished.stdout)]


def test_with_little_stack_what_is_nested_without_end_fails_and_a_right_answer_passes() -> None:
    nested = [f"{code}\n{RIGHT['rand']}" for code in NESTED.values()]
    *hostile, right = verdicts([*nested, RIGHT["rand"]], (LITTLE, LITTLE))
    assert right[0] == "passed"
    for outcome, reason in hostile[:-1]:
        assert outcome == "failed", reason


@pytest.mark.long_run
def test_where_more_stack_may_be_had_the_verdict_is_the_usual_one() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    codes = [NESTED[name] for name in ("signs", "functions", "branches")]
    usual = [grade(code, "strict", 1) for code in codes]
    assert verdicts(codes, (LITTLE, hard)) == [(each.outcome, each.reason) for each in usual]
