"""What checks keep to be looked at: small, faithful, and the same after a round trip."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dropout_core.sandbox import Call
from dropout_core.tasks.dropout.observations.evidence_samples import mask_of, scaling_of, values_of
from dropout_core.tasks.dropout.observations.observed import Output
from dropout_core.verdict.evidence import Evidence, Example, Histogram
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from tests.core.in_process import CODE, graded

LIMIT = 4_000


def output(values: list[float], shape: tuple[int, ...] = (2, 3)) -> Output:
    array = np.array(values).reshape(shape)
    return Output(Call(np.arange(1.0, array.size + 1).reshape(shape), 0.5, True), array)


def test_the_mask_is_a_picture() -> None:
    assert mask_of(output([2, 0, 6, 0, 0, 12])).mask == ("101", "001")
    assert mask_of(output([2, 0, 6, 0, 0, 12], (6,))).mask == ("101001",)
    assert mask_of(output([2, 0, 6, 0, 0, 12], (3, 1, 2))).mask == ("10", "10", "01")
    assert mask_of(output([2], ())).mask == ("1",)
    assert mask_of(output([], (3, 0))).mask == ()
    large = mask_of(output([1.0] * 10_000, (100, 100))).mask
    assert (len(large), {len(row) for row in large}) == (16, {64})


def test_scaling_is_shown_by_examples_and_ratios() -> None:
    shown = scaling_of(output([2, 0, 3, 0, 5, 6]))
    assert shown.examples == (
        Example(1, 2, 2), Example(2, 0, 0), Example(3, 3, 6), Example(4, 0, 0), Example(5, 5, 10), Example(6, 6, 12),
    )  # fmt: skip
    assert shown.ratios is not None
    assert (shown.ratios.low, shown.ratios.high, sum(shown.ratios.counts)) == (1, 2, 4)
    assert (shown.ratios.counts[0], shown.ratios.counts[-1]) == (3, 1)


def test_only_what_is_wrong_is_shown_when_it_is_known() -> None:
    out = output([2, 0, 3, 0, 5, 6])
    wrong = out.values == out.call.x
    assert scaling_of(out, wrong) == Evidence(
        "dropout(x, p=0.5, training=True) with x of shape (2, 3)",
        (Example(3, 3, 6), Example(5, 5, 10), Example(6, 6, 12)),
        Histogram(1, 1, (3,)),
        p=0.5,
    )
    assert values_of(out, out.call.x, ~wrong).examples == (
        Example(1, 2, 1),
        Example(2, 0, 2),
        Example(4, 0, 4),
    )


def test_what_is_not_finite_has_no_ratio_and_survives_json() -> None:
    shown = scaling_of(output([np.nan, np.inf, -np.inf, 0, np.nan, np.nan]))
    assert shown.ratios is None
    again = Evidence.from_json(json.loads(json.dumps(shown.to_json(), allow_nan=False)))
    assert np.isnan(again.examples[0].output)
    assert again.examples[1:3] == shown.examples[1:3]


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(),
        Evidence(line=3),
        Evidence("dropout()", (Example(1.5, 0.0, 3.0),), Histogram(-1.0, 2.0, (1, 0, 2)), ("01", "10"), 7),
        Evidence("dropout()", mask=("01",), p=0.3),
    ],
)
def test_evidence_survives_json(evidence: Evidence) -> None:
    check = Check("rate", "Rate", CheckStatus.FAILED, "no", "1", "2", evidence)
    assert Check.from_json(json.loads(json.dumps(check.to_json()))) == check


def test_records_without_evidence_or_version_can_be_read() -> None:
    check = Check("rate", "Rate", CheckStatus.FAILED, "no").to_json()
    assert check.pop("evidence") is None
    verdict = Verdict(Outcome.FAILED, "no", "strict", 1, "basic", suite_version=3).to_json()
    assert Verdict.from_json(verdict).suite_version == 3
    del verdict["suite_version"]
    verdict["checks"] = [check]
    read = Verdict.from_json(verdict)
    assert read.suite_version == 0
    assert read.checks[0].evidence is None


@pytest.mark.parametrize(
    "name", ["rows", "nothing dropped", "everything dropped", "NaN at p = 1", "Gaussian noise instead", "in place",
             "not implemented", "float16 all the way", "hard: in pieces"],
)  # fmt: skip
def test_evidence_is_small(name: str) -> None:
    kept = [check.evidence for check in graded(CODE[name], seed=4, suite="hard").values()]
    assert any(kept)
    for evidence in kept:
        assert evidence is None or len(json.dumps(evidence.to_json(), allow_nan=False)) < LIMIT


@pytest.mark.parametrize("name", ["rows", "strict: like the input"])
def test_equal_seeds_give_equal_evidence(name: str) -> None:
    first, same, other = (graded(CODE[name], seed=seed, suite="strict") for seed in (4, 4, 5))
    assert first == same
    assert first["rate"].evidence != other["rate"].evidence


def test_checks_keep_what_their_screen_shows() -> None:
    checks = graded(CODE["no scaling"], seed=1)
    kept = {id_: check.evidence or Evidence() for id_, check in checks.items()}
    assert {len(row) for row in kept["rate"].mask} == {64}
    assert set("".join(kept["randomness"].mask)) == {"0", "1"}
    assert kept["scaling"].ratios == Histogram(
        1.0, 1.0, kept["scaling"].ratios.counts if kept["scaling"].ratios else ()
    )
    assert all(one.output == one.x for one in kept["scaling"].examples)
    assert kept["eval_mode"].examples
    assert kept["edge_cases"].examples
    assert graded(CODE["not implemented"], seed=1)["runs"].evidence == Evidence(kept_call(), line=1)


def kept_call() -> str:
    """The first keyword call with the pair's matrix, as its check writes it."""
    evidence = graded(CODE["not implemented"], seed=1)["runs"].evidence
    assert evidence is not None
    assert evidence.call is not None
    assert evidence.call.startswith("dropout(x, p=0.5, training=True) with x of shape (")
    return evidence.call
