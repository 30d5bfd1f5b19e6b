"""The tasks that come with the program: their answers are judged as their index says, and their prompts say it all."""

from __future__ import annotations

import ast

import pytest

from dropout_core import Grader
from dropout_core.audit.audit import audit
from dropout_core.audit.corpus import answers_of
from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.models.sample.answers import read_samples
from dropout_core.sandbox.opening import open_sandbox
from dropout_core.task.definition import Task
from dropout_core.tasks.chosen import choose_task
from dropout_core.values.task_names import BUILT_IN_TASKS, DROPOUT
from dropout_core.verdict.known_answers import Kind


@pytest.fixture(params=[name for name in BUILT_IN_TASKS if name != DROPOUT])  # whose tests are more
def task(request: pytest.FixtureRequest) -> Task:
    return choose_task(request.param)


def test_there_are_suites_answers_and_samples(task: Task) -> None:
    assert task.answers is not None
    assert task.samples is not None
    answers = answers_of(task)
    kinds = [answer.kind for answer in answers]
    assert len(task.suite_names) == 2
    assert kinds.count(Kind.RIGHT) >= 8
    assert kinds.count(Kind.WRONG) >= 15
    assert all(answer.caught_by for answer in answers if answer.kind is Kind.WRONG)
    caught = {check for answer in answers for check in answer.caught_by}
    assert caught == {clause.id for clause in task.suite(task.suite_names[-1])} - {"runs"}
    assert len({(answer.kind, answer.code) for answer in answers}) == len(answers)
    assert len(read_samples(task.samples, task.function)) >= 12


def test_samples_hold_code_but_for_one(task: Task) -> None:
    assert task.samples is not None
    without = []
    for sample in read_samples(task.samples, task.function):
        try:
            code = extract_code(sample.text, task.function)
        except NoCodeFound:
            without.append(sample.slug)
            continue
        assert isinstance(ast.parse(code), ast.Module)
        assert task.function in code
    assert without == ["asks-back"]


@pytest.mark.parametrize("seeds", [[7], pytest.param([8, 9], marks=pytest.mark.long_run)], ids=str)
async def test_the_audit_finds_no_fault(task: Task, seeds: list[int]) -> None:
    assert task.answers is not None
    answers = answers_of(task)
    sandbox = await open_sandbox(allow_weak=True, time_limit=60)
    try:
        for suite in task.suite_names:
            report = await audit(
                lambda name: Grader(name, task=task, sandbox=sandbox),
                suite,
                seeds,
                answers=answers,
                task=task,
            )
            assert report.faults == ()
            assert report.unstated == ()
            assert report.ok
    finally:
        await sandbox.close()
