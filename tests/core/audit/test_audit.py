"""Auditing graders: a real one, and ones that are wrong in known ways."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from dropout_core.audit.audit import GraderFactory, audit
from dropout_core.audit.corpus import Answer, built_in_answers
from dropout_core.audit.coverage import prompt_gaps
from dropout_core.audit.report import AuditReport, AuditRow
from dropout_core.grading import Grader
from dropout_core.task import Call, Requirement, Task, matches
from dropout_core.task.requirement import UnknownSuite
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.known_answers import Fault, Kind
from dropout_core.verdict.verdict import Check, CheckStatus, Grading, Outcome, Verdict

BY_NAME = {answer.name: answer for answer in built_in_answers()}
RIGHT, WRONG = BY_NAME["rand"], BY_NAME["no scaling"]
HOSTILE = Answer(Kind.HOSTILE, "exits", "import os\nos._exit(0)\n", dropout.suite_names)
OWN_WRONG = Answer(Kind.WRONG, "mine", "mine", dropout.suite_names)


def verdict(*failed: str, void: bool = False) -> Verdict:
    checks = tuple(Check(id_, id_, CheckStatus.FAILED, f"{id_} it is") for id_ in failed)
    outcome = Outcome.VOID if void else Outcome.FAILED if failed else Outcome.PASSED
    return Verdict(outcome, "because", "basic", 1, "pretended", checks, 0.5)


class Scripted:
    """A grader that says of each code what it was told to, the last thing over and over."""

    def __init__(self, said: dict[str, list[Verdict | Exception]]) -> None:
        self._said = {code: list(verdicts) for code, verdicts in said.items()}
        self.seeds: list[int | None] = []

    async def grade(self, code: str, seed: int | None = None) -> Verdict:
        self.seeds.append(seed)
        verdicts = self._said[code]
        said = verdicts.pop(0) if len(verdicts) > 1 else verdicts[0]
        if isinstance(said, Exception):
            raise said
        return said


def factory(grader: Grading) -> GraderFactory:
    @asynccontextmanager
    async def made(suite: str) -> AsyncIterator[Grading]:
        yield grader

    return made


async def audited(*said: tuple[Answer, list[Verdict | Exception]]) -> AuditReport:
    grader = Scripted({answer.code: verdicts for answer, verdicts in said})
    return await audit(factory(grader), "basic", [1], answers=tuple(answer for answer, _ in said))


async def test_a_real_grader_makes_no_mistake() -> None:
    rows: list[AuditRow] = []
    answers = (RIGHT, WRONG, HOSTILE)
    report = await audit(Grader, "basic", [1, 2], answers=answers, on_row=rows.append)
    assert report.ok
    assert report.rows == tuple(rows)
    assert (report.suite, report.suite_version) == ("basic", dropout.version)
    assert [(one.kind, one.answers, one.gradings, one.faults) for one in report.summaries] == [
        (Kind.RIGHT, 1, 2, 0),
        (Kind.WRONG, 1, 2, 0),
        (Kind.HOSTILE, 1, 2, 0),
    ]
    assert all(0 < one.median_seconds <= one.p95_seconds for one in report.summaries)
    assert len({row.seed for row in rows}) == 6
    async with Grader() as grader:
        wrong = next(row for row in rows if row.kind is Kind.WRONG)
        assert (await grader.grade(WRONG.code, wrong.seed)).reason == wrong.reason


@pytest.mark.parametrize(
    ("answer", "said", "fault", "detail"),
    [
        (RIGHT, verdict("rate"), Fault.FALSE_REJECT, "rate: rate it is"),
        (WRONG, verdict(), Fault.FALSE_ACCEPT, "should fail other_rates, scaling"),
        (WRONG, verdict("rate"), Fault.WRONG_CHECK, "not caught by other_rates, scaling, but by rate"),
        (WRONG, verdict("scaling", "other_rates", "shape"), Fault.WRONG_CHECK, "caught by shape too"),
        (WRONG, verdict("scaling", "other_rates", "dtype"), None, ""),
        (OWN_WRONG, verdict(), Fault.FALSE_ACCEPT, "should fail some check"),
        (OWN_WRONG, verdict("rate", "dtype"), None, ""),
        (RIGHT, verdict(void=True), Fault.VOID, "there is no verdict: because"),
        (WRONG, verdict(void=True), Fault.VOID, "there is no verdict: because"),
        (RIGHT, RuntimeError("no"), Fault.NOT_CONTAINED, "grading raised RuntimeError: no"),
    ],
)
async def test_mistakes_of_a_grader_are_found(
    answer: Answer, said: Verdict | Exception, fault: Fault | None, detail: str
) -> None:
    report = await audited((answer, [said]))
    (row,) = report.rows
    assert (row.fault, row.detail) == (fault, detail)
    assert report.ok is (fault is None)
    assert report.faults == ((row,) if fault else ())
    if fault is not None:
        assert report.count(fault) == 1
        assert report.to_json()["faults"] == [row.to_json()]


@pytest.mark.parametrize(
    ("said", "witness", "fault"),
    [
        (verdict("runs"), [verdict()], None),
        (verdict("runs"), [verdict(), verdict("rate")], Fault.NOT_CONTAINED),
        (verdict("runs"), [verdict(), verdict(void=True)], Fault.NOT_CONTAINED),
        (verdict("runs"), [verdict(), OSError("gone")], Fault.NOT_CONTAINED),
        (verdict(), [verdict()], Fault.FALSE_ACCEPT),
        (verdict(void=True), [verdict()], Fault.VOID),
    ],
)
async def test_a_hostile_answer_must_leave_the_grader_as_it_was(
    said: Verdict, witness: list[Verdict | Exception], fault: Fault | None
) -> None:
    report = await audited((RIGHT, witness), (HOSTILE, [said]))
    assert [row.fault for row in report.rows] == [None, fault]


async def test_every_answer_is_graded_with_every_seed() -> None:
    grader = Scripted({RIGHT.code: [verdict()], WRONG.code: [verdict("scaling", "other_rates")]})
    report = await audit(factory(grader), "basic", range(5), answers=(RIGHT, WRONG), concurrency=3)
    assert len(report.rows) == len(set(grader.seeds)) == 10
    assert (report.isolation, report.ok) == ("pretended", True)
    assert json.loads(json.dumps(report.to_json()))["kinds"][0]["gradings"] == 5


async def test_nothing_audited_is_not_all_well() -> None:
    assert not (await audited()).ok
    with pytest.raises(UnknownSuite):
        await audit(Grader, "none", [1])


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_the_built_in_prompts_state_every_check(suite: str) -> None:
    assert prompt_gaps(suite) == ()


async def test_a_check_that_is_not_stated_is_a_fault() -> None:
    wording = {"explicit": "Return x, rounded.", "plain": "Return x, rounded.", "terse": "Return x."}
    rounds = Requirement(
        "rounds",
        wording,
        draw=lambda rng: [Call(rng.normal())],
        check=matches(round),
        mentions=("rounded",),
    )
    task = Task(name="own", function="f", opening="Write `f(x)`.", requirements=(rounds,))
    right = Answer(Kind.RIGHT, "round", "f = round\n", ("basic",))
    report = await audit(lambda suite: Grader(suite, task=task), "basic", [1], answers=(right,), task=task)
    assert report.faults == ()
    assert not report.ok
    assert report.to_json()["unstated"] == [
        {"prompt": "terse", "mode": mode, "checks": ["rounds"]} for mode in ("answer", "agent")
    ]
