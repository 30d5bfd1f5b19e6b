"""The answers whose verdict is known: that they are many, whole, and judged as they say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from dropout_core.audit.corpus import (
    Answer,
    CorpusUnreadable,
    answers_for,
    built_in_answers,
    read_answers,
)
from dropout_core.audit.report import AuditRow, row_of
from dropout_core.task.requirement import UnknownSuite
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.known_answers import Kind
from dropout_core.verdict.verdict import CheckStatus, Verdict
from tests.core.dropout_judging import headline
from tests.core.in_process import graded

ANSWERS = built_in_answers()


def of_kind(kind: Kind) -> list[Answer]:
    return [answer for answer in ANSWERS if answer.kind is kind]


def own_suite(answer: Answer) -> str:
    """The hardest suite that a right answer passes, or the easiest that catches a wrong one."""
    return answer.suites[-1] if answer.kind is Kind.RIGHT else answer.suites[0]


def audited(answer: Answer, suite: str) -> AuditRow:
    """What an audit would say of the answer. In the hardest suite every failure has something to look at."""
    checks = tuple(graded(answer.code, seed=1, suite=suite).values())
    if suite == "hard" and "runs" not in answer.caught_by:
        failed = [check for check in checks if check.status is CheckStatus.FAILED]
        assert all(check.evidence is not None for check in failed), answer.name
    outcome, reason = headline(dropout.suite(suite), checks)
    return row_of(answer, 1, Verdict(outcome, reason, suite, 1, "in process", checks))


@pytest.mark.timeout(600)  # some seconds of the processor, however busy it is
@pytest.mark.parametrize("suite", dropout.suite_names)
@pytest.mark.parametrize("kind", [Kind.RIGHT, Kind.WRONG])
def test_answers_get_the_verdict_that_is_known(kind: Kind, suite: str) -> None:
    answers = [answer for answer in of_kind(kind) if own_suite(answer) == suite]
    assert answers
    rows = [audited(answer, suite) for answer in answers]
    assert [(row.name, row.fault, row.detail) for row in rows if row.fault is not None or row.detail] == []


def test_there_are_enough_of_them() -> None:
    right = Counter(own_suite(answer) for answer in of_kind(Kind.RIGHT))
    assert right["basic"] >= 40
    assert right["strict"] >= 10
    assert right["hard"] >= 10
    assert len(of_kind(Kind.WRONG)) >= 80
    for kind in Kind:
        names = [answer.name for answer in of_kind(kind)]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_every_check_has_a_wrong_answer_that_it_alone_must_catch_or_among_others(suite: str) -> None:
    caught = {id_ for answer in answers_for(suite) for id_ in answer.caught_by}
    assert caught == {requirement.id for requirement in dropout.suite(suite)}


def test_right_answers_are_right_in_easier_suites_and_wrong_ones_wrong_in_harder_ones() -> None:
    by_name = {answer.name: answer for answer in ANSWERS}
    assert by_name["rand"].suites == ("basic",)
    assert by_name["strict: binomial"].suites == ("basic", "strict")
    assert by_name["no scaling"].suites == ("basic", "strict", "hard")
    assert by_name["float64 at p = 1"].suites == ("strict", "hard")
    assert "strict: binomial" not in {answer.name for answer in answers_for("hard")}
    with pytest.raises(UnknownSuite):
        answers_for("none")


def test_a_folder_of_ones_own_needs_no_index(tmp_path: Path) -> None:
    for kind, name in (("right", "b"), ("right", "a"), ("wrong", "c"), ("hostile", "d")):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / f"{name}.py").write_text(f"# {name}\n")
    answers = read_answers(tmp_path)
    assert [(answer.kind, answer.name, answer.code) for answer in answers] == [
        (Kind.HOSTILE, "d", "# d\n"),
        (Kind.RIGHT, "a", "# a\n"),
        (Kind.RIGHT, "b", "# b\n"),
        (Kind.WRONG, "c", "# c\n"),
    ]
    assert all(answer.suites == dropout.suite_names for answer in answers)
    assert all(answer.judged_by is None for answer in answers)


def test_an_index_defines_their_expected_verdicts(tmp_path: Path) -> None:
    for kind in Kind:
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "a.py").write_text("pass\n")
    (tmp_path / "index.toml").write_text(
        '[[right]]\nfile = "right/a.py"\nup_to = "strict"\n'
        '[[wrong]]\nfile = "wrong/a.py"\nname = "A"\nsuite = "strict"\ncaught_by = ["dtype"]\n'
        '[[hostile]]\nfile = "hostile/a.py"\nendless = true\n'
    )
    right, wrong, hostile = read_answers(tmp_path)
    assert (right.name, right.suites) == ("a", ("basic", "strict"))
    assert (wrong.name, wrong.suites) == ("A", ("strict", "hard"))
    assert wrong.caught_by == {"dtype"}
    assert hostile.endless


@pytest.mark.parametrize(
    ("index", "problem"),
    [
        ("[[right]\n", "index.toml is not written as TOML: Expected"),
        ('[[rigth]]\nfile = "right/a.py"\n', r"has 'rigth'; answers are \[\[right\]\], \[\[wrong\]\], "),
        ('[right]\nfile = "right/a.py"\n', r"write \[\[right\]\] above each"),
        ('[[right]]\nname = "a"\n', "has no file"),
        ('[[right]]\nfile = "right/none.py"\n', "right/none.py is in index.toml, but there is no such file"),
        ('[[right]]\nfile = "right/a.py"\nup_to = "heroic"\n', "a.py: unknown suite 'heroic'"),
        (
            '[[right]]\nfile = "right/a.py"\nsuite = "basic"\n',
            "'suite'; the keys of .* are file, name, up_to",
        ),
        (
            '[[wrong]]\nfile = "right/a.py"\nsuite = "basic"\ncaught_by = ["dtype"]\n',
            "no check dtype; there are: runs, ",
        ),
        (
            '[[wrong]]\nfile = "right/a.py"\ncaught_by = "shape"\n',
            "caught_by in index.toml is 'shape'; write a list",
        ),
        ('[[wrong]]\nfile = "right/a.py"\nmay_also_fail = "shape"\n', "may_also_fail .* write a list"),
        ("", r'right/a.py is not in index.toml; add \[\[right\]\] with file = "right/a.py"'),
    ],
)
def test_an_invalid_index_is_reported_in_one_line(tmp_path: Path, index: str, problem: str) -> None:
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "a.py").write_text("pass\n")
    (tmp_path / "index.toml").write_text(index)
    with pytest.raises(CorpusUnreadable, match=problem) as raised:
        read_answers(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_folder_without_answers_says_where_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(CorpusUnreadable, match="right, wrong or hostile"):
        read_answers(tmp_path)
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "a.py").write_bytes(b"\xff")
    with pytest.raises(CorpusUnreadable, match="utf-8"):
        read_answers(tmp_path)
