"""Small arrays, and results that last: that every way of treating them otherwise is caught, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dropout_core.sandbox import Call, CallResult, NotReached, Observation, Returned, Watch
from dropout_core.tasks.dropout.checks.drop_rate import first_wrongly_scaled
from dropout_core.tasks.dropout.checks.randomness.later_changes import changed_later
from dropout_core.tasks.dropout.checks.randomness.small_arrays import (
    badly_scaled,
    related_small_masks,
    wrong_small_rate,
)
from dropout_core.tasks.dropout.observations.observed import Observed
from dropout_core.tasks.dropout.probes import Group, Probes, draw_probes
from dropout_core.tasks.dropout.probes.small_arrays import FEW, MORE, SINGLE

Way = Callable[[Call, NDArray[np.bool_]], NDArray[Any]]
"""What becomes of a call's x, with the elements that a right answer would keep."""


def right(call: Call, kept: NDArray[np.bool_]) -> NDArray[Any]:
    return np.where(kept, call.x / (1 - call.p), 0.0)


WAYS: dict[str, tuple[Way, str]] = {
    "unchanged": (lambda call, kept: call.x.copy(), "scaling"),
    "not scaled": (lambda call, kept: call.x * kept, "scaling"),
    "never dropped": (lambda call, kept: call.x / (1 - call.p), "rate"),
    "always dropped": (lambda call, kept: np.zeros(call.x.shape), "rate"),
}


def with_small(seed: int, least: int, most: int, way: Way) -> Observed:
    """What the small calls and those at a p near 0 and near 1 give, when arrays of so many elements are treated in that
    way."""
    probes = draw_probes(seed)
    rng = np.random.default_rng(seed)
    results: list[CallResult] = [NotReached()] * len(probes.calls)
    for place in (*probes.groups[Group.SMALL], *probes.groups[Group.FAR_RATES]):
        call = probes.calls[place]
        treated = way if least <= call.x.size <= most else right
        results[place] = Returned(treated(call, rng.random(call.x.shape) >= call.p))
    return Observed(probes, Observation(None, tuple(results)))


def failing(seen: Observed) -> set[str]:
    found = {"rate": wrong_small_rate(seen), "scaling": first_wrongly_scaled(badly_scaled(seen))}
    return {check for check, finding in found.items() if finding is not None}


@pytest.mark.parametrize("seed", range(8))
def test_right_small_arrays_pass(seed: int) -> None:
    seen = with_small(seed, 0, 0, right)
    assert failing(seen) == set()
    assert related_small_masks(seen) is None


@pytest.mark.parametrize("way", WAYS)
def test_arrays_of_n_to_3_n_elements_are_not_treated_otherwise(way: str) -> None:
    treat, check = WAYS[way]
    for seed, least in enumerate((*range(1, 31), 37, 44, 52, 63, 75, 88, 100, 130, 163)):
        assert check in failing(with_small(seed, least, 3 * least, treat)), (way, least)


@pytest.mark.parametrize("way", ["unchanged", "not scaled"])
def test_nor_are_arrays_of_one_element(way: str) -> None:
    for seed in range(20):
        assert failing(with_small(seed, 1, 1, WAYS[way][0])) == {"scaling"}


@pytest.mark.parametrize(("least", "most"), [(1, 300), (50, 300), (20, 130), (31, 90)])
def test_a_generator_seeded_for_small_arrays_is_seen(least: int, most: int) -> None:
    def seeded(call: Call, kept: NDArray[np.bool_]) -> NDArray[Any]:
        return right(call, np.random.default_rng(3).random(call.x.shape) >= call.p)

    for seed in range(8):
        assert related_small_masks(with_small(seed, least, most, seeded)) is not None


@pytest.mark.parametrize(
    "count", [lambda n, p: int(p * n), lambda n, p: n - int((1 - p) * n), lambda n, p: round(p * n)]
)
def test_a_mask_with_a_fixed_number_of_zeros_is_accepted(count: Callable[[int, float], int]) -> None:
    def counted(call: Call, kept: NDArray[np.bool_]) -> NDArray[Any]:
        order = np.random.default_rng(call.x.size).permutation(call.x.size).reshape(call.x.shape)
        return right(call, order >= count(call.x.size, call.p))

    for seed in range(20):
        assert failing(with_small(seed, 1, 300, counted)) == set()


def test_mistakes_with_large_arrays_are_not_reported_for_small_ones() -> None:
    unchanged = WAYS["unchanged"][0]
    for seed in range(5):
        small = with_small(seed, 1, 10**6, unchanged)
        only_far = [output for output in small.outputs(Group.SMALL) if output.call.p != 0.5]
        assert only_far
        alone = with_small(seed, 1, 30, unchanged)
        assert failing(alone) == {"rate", "scaling"}
        spoiled = Probes(small.probes.calls, {**small.probes.groups, Group.SMALL: tuple(
            place for place in small.probes.groups[Group.SMALL] if small.probes.calls[place].p != 0.5
        )})  # fmt: skip
        assert failing(Observed(spoiled, small.observation)) == set()


@pytest.mark.parametrize("seed", range(20))
def test_every_range_of_sizes_is_drawn_and_no_answer_can_know_the_shapes(seed: int) -> None:
    probes = draw_probes(seed)
    calls = [probes.calls[place] for place in probes.groups[Group.SMALL]]
    sizes = [call.x.size for call in calls]
    assert sizes.count(1) == SINGLE
    for low, high in (*FEW, *MORE):
        assert any(low <= size <= high for size in sizes)
    assert all(1 <= call.x.ndim <= 4 for call in calls)
    assert all(Watch.RESULT in call.watch for call in calls)


@pytest.mark.parametrize("seed", range(5))
def test_every_type_of_number_and_flag_is_given_where_it_matters(seed: int) -> None:
    probes = draw_probes(seed)

    def types(*groups: Group) -> tuple[set[type], set[type]]:
        calls = [probes.calls[place] for group in groups for place in probes.groups[group]]
        return {type(call.p) for call in calls}, {type(call.training) for call in calls}

    assert types(Group.RATES) == ({float, np.float64}, {bool, np.bool_})
    assert types(Group.FAR_RATES) == ({float, np.float64}, {bool, np.bool_})
    assert types(Group.EVALUATION) == ({int, float, np.float64}, {bool, np.bool_})
    for group in (Group.KEEP_ALL, Group.DROP_ALL):
        assert types(group) == ({int, float}, {bool, np.bool_})
    assert types(Group.PAIR, Group.RANKS, Group.SMALL) == ({float}, {bool})


def test_a_result_that_changes_later_is_reported() -> None:
    probes = draw_probes(1)
    results: list[CallResult] = [Returned(call.x, array_later=call.x.copy()) for call in probes.calls]
    assert changed_later(Observed(probes, Observation(None, tuple(results)))) is None
    nan = np.full(probes.calls[5].x.shape, np.nan)
    results[5] = Returned(nan, array_later=nan.copy())
    assert changed_later(Observed(probes, Observation(None, tuple(results)))) is None
    later = probes.calls[7].x.copy()
    later.flat[0] = -later.flat[0]
    results[7] = Returned(probes.calls[7].x, array_later=later)
    found = changed_later(Observed(probes, Observation(None, tuple(results))))
    assert found is not None
    assert "a later call changed" in found.message
