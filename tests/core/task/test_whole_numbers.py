"""Whole numbers of any size are compared exactly, by both tolerances as they are written."""

from __future__ import annotations

import pytest

from dropout_core.task.ready_made.values import difference

ENORMOUS = 10**400


@pytest.mark.parametrize(
    ("got", "wanted", "rtol", "atol", "near"),
    [
        (ENORMOUS, ENORMOUS + 1, 0.0, 5.0, True),
        (ENORMOUS, ENORMOUS + 5, 0.0, 5.0, True),
        (ENORMOUS, ENORMOUS + 6, 0.0, 5.0, False),
        (-ENORMOUS, ENORMOUS, 0.0, 5.0, False),
        (0, ENORMOUS, 1.0, 0.0, True),
        (-1, ENORMOUS, 1.0, 0.0, False),
        (-1, ENORMOUS, 1.0, 1.0, True),
        (2**53 + 1, 2**53, 0.0, 0.5, False),
        (13, 10, 0.3, 0.0, True),
        (14, 10, 0.3, 0.9, False),
        (14, 10, 0.3, 1.0, True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whole_numbers_are_near_within_their_tolerances(
    got: int, wanted: int, rtol: float, atol: float, near: bool
) -> None:
    assert (difference(got, wanted, rtol, atol) is None) is near
