"""What stored audits come to together, and what their figures show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dropout_core.analysis.review.audit_evidence import (
    FEWEST_GRADINGS,
    accepts_right_answers,
    refuses_wrong_answers,
)
from dropout_core.analysis.review.audit_figures import AuditFigures, figures_of
from dropout_core.storage.kept.audits import AuditedAnswer, KeptAudit
from dropout_core.verdict.known_answers import Fault, Kind

RIGHT = AuditedAnswer(Kind.RIGHT, "rand", "a", 1_000)
WRONG = AuditedAnswer(Kind.WRONG, "no scaling", "b", 1_000, failed=("scaling", "rate"))
HOSTILE = AuditedAnswer(Kind.HOSTILE, "exits", "c", 1_000, failed=("runs",))


def audit(*answers: AuditedAnswer, seed: int = 1, planned: int = 0, isolation: str = "full") -> KeptAudit:
    return KeptAudit(
        1e9 + seed, "dropout", 5, None, "basic", seed, 2, planned or gradings_of(answers), isolation, answers
    )


def gradings_of(answers: tuple[AuditedAnswer, ...]) -> int:
    return sum(one.gradings for one in answers)


def of(*audits: KeptAudit) -> AuditFigures:
    figures = figures_of(audits)
    assert figures is not None
    return figures


def faulty(answer: AuditedAnswer, fault: Fault, count: int = 1) -> AuditedAnswer:
    return replace(answer, faults={str(fault): count}, seed=7)


def test_audits_with_other_seeds_add_up_and_the_same_seed_counts_once() -> None:
    whole = audit(RIGHT, WRONG, seed=2)
    smaller = audit(replace(RIGHT, gradings=10), replace(WRONG, gradings=10), seed=2)
    refused = audit(faulty(RIGHT, Fault.FALSE_REJECT), seed=1, isolation="partial: no seccomp")
    figures = of(smaller, whole, refused)
    assert [(one.name, one.gradings, dict(one.faults), one.seed) for one in figures.answers] == [
        ("rand", 2_000, {"false_reject": 1}, 7),
        ("no scaling", 1_000, {}, None),
    ]
    assert (figures.audits, figures.seeds, figures.isolation) == (3, "up to 4 seeds", "partial: no seccomp")
    assert figures_of([]) is None


def test_an_answer_that_was_mended_or_taken_out_counts_as_the_newest_whole_audit_had_it() -> None:
    own = replace(RIGHT, folder="/own", name="mine")
    old = audit(
        faulty(RIGHT, Fault.FALSE_REJECT), faulty(own, Fault.FALSE_REJECT), replace(RIGHT, name="gone")
    )
    mended = audit(replace(RIGHT, digest="mended"), seed=2)
    cut = audit(replace(RIGHT, digest="newer", gradings=3), seed=3, planned=9)
    figures = of(cut, mended, old)
    assert [(one.name, one.digest, one.folder) for one in figures.answers] == [
        ("rand", "mended", ""),
        ("mine", "a", "/own"),
    ]
    assert figures.interrupted == (3, 9)
    assert [one.digest for one in of(cut, replace(old, planned=9_999)).answers] == ["newer", "a", "a", "a"]


@pytest.mark.parametrize(
    ("answers", "is_met", "said", "seeds"),
    [
        ([replace(RIGHT, gradings=FEWEST_GRADINGS)], True, "2,000 gradings of 1 right answer, no false reject, "
         "so in at most 0.15% of gradings (rule of three); audited 2001-09-09, 2 seeds from 1, isolation full", 0),
        ([RIGHT, replace(RIGHT, name="other", gradings=900)], None,
         "1,900 gradings of 2 right answers, no false reject, so in at most 0.16% of gradings", 50),
        ([replace(RIGHT, gradings=2)], None, "2 gradings of 1 right answer, no false reject; ", 1_998),
        ([replace(RIGHT, gradings=9_000), faulty(RIGHT, Fault.FALSE_REJECT, 2)], False,
         "10,000 gradings of 2 right answers, 2 false rejects (rand, seed 7); ", 0),
        ([replace(faulty(RIGHT, Fault.VOID), gradings=2_000)], None, "1,999 gradings of 1 right answer", 1),
        ([WRONG], None, "0 gradings of 0 right answers, no false reject; ", 0),
    ],
)  # fmt: skip
def test_right_answers_are_accepted_when_enough_gradings_refused_none(
    answers: list[AuditedAnswer], is_met: bool | None, said: str, seeds: int
) -> None:
    told = [replace(one, digest=str(number)) for number, one in enumerate(answers)]
    evidence = accepts_right_answers(of(audit(*told)))
    assert (evidence.is_met, evidence.missing_seeds) == (is_met, seeds)
    assert evidence.said.startswith(said)


@pytest.mark.parametrize(
    ("wrong", "checks", "is_met", "said"),
    [
        (WRONG, ["rate", "scaling"], True, "2,000 gradings of 2 wrong answers, no false accept, so in at most"),
        (WRONG, ["rate", "shape"], None, "no wrong answer in it fails shape"),
        (replace(WRONG, gradings=999), ["rate"], None, "2,000 gradings are the fewest that count"),
        (faulty(WRONG, Fault.FALSE_ACCEPT), ["rate"], False, "1 false accept (no scaling, seed 7)"),
        (faulty(WRONG, Fault.WRONG_CHECK, 3), ["rate"], False, "3 caught by another check (no scaling, seed 7)"),
        (faulty(WRONG, Fault.NOT_CONTAINED), ["rate"], False, "1 not contained"),
        (replace(WRONG, folder="/own"), ["rate"], True, "; 1 of them the user's own"),
    ],
)  # fmt: skip
def test_wrong_answers_are_refused_when_none_passed_and_every_check_failed_one(
    wrong: AuditedAnswer, checks: list[str], is_met: bool | None, said: str
) -> None:
    evidence = refuses_wrong_answers(of(audit(RIGHT, wrong, HOSTILE)), checks)
    assert evidence.is_met is is_met
    assert said in evidence.said
