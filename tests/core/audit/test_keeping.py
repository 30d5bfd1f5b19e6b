"""What the store keeps of an audit, and gives back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from dropout_core.audit.audit import report_of
from dropout_core.audit.corpus import built_in_answers
from dropout_core.audit.keeping import kept
from dropout_core.audit.report import row_of
from dropout_core.storage.kept.repeats import KeptRepeat
from dropout_core.storage.store import Store
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.verdict import Outcome, Verdict
from tests.tui.stored import stored

BY_NAME = {answer.name: answer for answer in built_in_answers()}
RIGHT, WRONG = BY_NAME["rand"], BY_NAME["no scaling"]
MINE = replace(RIGHT, folder="/mine", code="other")


def verdict(*failed: str, isolation: str = "full") -> Verdict:
    checks = tuple(Check(id_, id_, CheckStatus.FAILED, "so it is") for id_ in failed)
    return Verdict(Outcome.FAILED if failed else Outcome.PASSED, "because", "basic", 1, isolation, checks)


def test_an_audit_is_kept_answer_by_answer(tmp_path: Path) -> None:
    rows = [
        row_of(RIGHT, 11, verdict()),
        row_of(RIGHT, 12, verdict("rate")),
        row_of(MINE, 13, verdict(isolation="weak: nothing")),
        row_of(WRONG, 14, verdict("scaling", "other_rates")),
    ]
    audit = kept(report_of("basic", dropout, rows), dropout, seed=3, seeds=5, planned=9, at=5.0)
    assert (audit.gradings, audit.is_whole, audit.isolation) == (4, False, "weak: nothing")
    assert (audit.version, audit.digest) == (dropout.version, None)
    assert [(one.folder, one.gradings, dict(one.faults), one.seed, one.failed) for one in audit.answers] == [
        ("", 2, {"false_reject": 1}, 12, ("rate",)),
        ("/mine", 1, {}, None, ()),
        ("", 1, {}, None, ("scaling", "other_rates")),
    ]
    assert len({one.digest for one in audit.answers}) == 3
    newer = replace(audit, at=6.0, version=audit.version + 1)
    with closing(Store(tmp_path / "s.sqlite3")) as store:
        for one in (audit, newer, replace(audit, suite="strict"), replace(audit, task="softmax")):
            store.keep_audit(one)
        assert store.kept_audits("dropout", "basic") == (newer, audit)


def test_gradings_with_other_seeds_go_with_their_evaluation(tmp_path: Path) -> None:
    repeats = tuple(KeptRepeat(1, 1, "basic", "5:", seed, "passed") for seed in (4, 5))
    with closing(Store(tmp_path / "s.sqlite3")) as store:
        number = stored(store, [Outcome.PASSED])
        store.keep_repeats(number, [*repeats, repeats[0]])
        assert store.kept_repeats(number) == repeats
        store.delete(number)
        store.keep_repeats(number, repeats)
        assert store.kept_repeats(number) == ()
        assert stored(store, [Outcome.PASSED]) == number + 1
