import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.statistics.pass_rate import wilson_interval
from dropout_core.statistics.variety import variety_of


def test_equally_frequent_causes_are_as_many_as_there_are() -> None:
    found = variety_of({"scaling": 4, "rate": 4, "no_code": 4})
    assert found is not None
    assert found.effective == pytest.approx(3.0, abs=1e-12)
    assert found.largest == "scaling"
    assert found.share == pytest.approx(1 / 3)


def test_one_cause_for_all_is_no_variety() -> None:
    found = variety_of({"scaling": 0, "rate": 7})
    assert found is not None
    assert (found.effective, found.largest, found.share) == (1.0, "rate", 1.0)
    assert found.interval == wilson_interval(7, 7)


def test_a_rare_cause_counts_less_than_one() -> None:
    found = variety_of({"scaling": 9, "rate": 1})
    assert found is not None
    assert found.effective == pytest.approx(math.exp(-0.9 * math.log(0.9) - 0.1 * math.log(0.1)))


def test_without_failures_there_is_none() -> None:
    assert variety_of({}) is None
    assert variety_of({"scaling": 0}) is None


@given(
    st.dictionaries(st.text(max_size=3), st.integers(0, 99), min_size=1).filter(
        lambda counts: any(counts.values())
    )
)
def test_the_effective_number_is_from_one_to_the_number_of_causes(counts: dict[str, int]) -> None:
    found = variety_of(counts)
    assert found is not None
    assert 1 - 1e-9 <= found.effective <= sum(map(bool, counts.values())) + 1e-9
    assert found.interval[0] <= found.share <= found.interval[1]
    assert found.count == max(counts.values())
