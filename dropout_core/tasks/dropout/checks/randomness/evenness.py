"""Whether all parts of x are dropped at one rate, at any p: stretches in C order, slices along the axes, and values.

And whether elements a short distance apart share their fate as often as chance has it. At p = 0.5 more can be said, of
every distance: see `dropout_core.tasks.dropout.checks.randomness.independence`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.tail_bounds import binomial_is_likely, uneven_counts
from dropout_core.tasks.dropout.observations.evidence_samples import mask_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, percent
from dropout_core.tasks.dropout.observations.observed import Output, described

STRETCHES = 64
"""In so many stretches of one length the elements are looked at, in C order."""
SIZES = 32
VALUES = 2 * SIZES
SHORT = (1, 2, 3)
"""Distances in C order at which elements are compared, besides those of neighbours along the axes."""

Counts = NDArray[np.intp]


def first_uneven(outputs: list[Output]) -> Finding | None:
    """The first output in which a part is dropped more often, or less, than the whole."""
    return next(filter(None, map(uneven, outputs)), None)


def uneven(output: Output) -> Finding | None:
    """The part of an output, if any, that chance does not explain."""
    p = rate_of(output)
    if not 0 < p < 1 or not output.values.size:
        return None
    parts = list(_parts(output))
    zeros, sizes = (np.concatenate([part[place] for part in parts]) for place in (1, 2))
    if uneven_counts(zeros, sizes, p) >= FALSE_ALARM:
        return None
    least = [uneven_counts(*part[1:], p) for part in parts]
    what, zeros, sizes = parts[int(np.argmin(least))]
    worst = int(np.argmax(np.abs(zeros - p * sizes) / np.sqrt(np.maximum(sizes, 1))))
    measured, expected = percent(float(zeros[worst] / sizes[worst])), f"{100 * p:.3g} %"
    return failed(
        f"{described(output.call)}: {measured} of the {sizes[worst]} elements {what.format(worst)} are zero; of all"
        f" elements {expected} are",
        measured,
        expected,
        mask_of(output),
    )


def rate_of(output: Output) -> float:
    """The rate to compare with: p, or when the number of zeros is wrong, which another check says, what was seen."""
    return output.call.p if output.has_right_rate else output.zeros / output.values.size


def agreement(rate: float, other: float) -> float:
    """How often independent decisions at two rates are equal."""
    return rate * other + (1 - rate) * (1 - other)


def _parts(output: Output) -> Iterator[tuple[str, Counts, Counts]]:
    """Ways to divide the elements: words, and the zeros and elements of each part."""
    flat, x = output.dropped.ravel(), output.call.x
    length = -(-flat.size // STRETCHES)
    whole = flat.size // length
    yield (
        f"of stretch {{}} of {length} in a row",
        np.count_nonzero(flat[: whole * length].reshape(whole, length), axis=1),
        np.full(whole, length),
    )
    within: NDArray[Any] = output.dropped
    for axis in reversed(range(x.ndim if x.ndim > 1 else 0)):
        yield (
            f"at index {{}} along axis {axis}",
            np.add.reduce(within, axis=tuple(range(axis)), dtype=np.intp),
            np.full(x.shape[axis], flat.size // x.shape[axis]),
        )
        within = np.add.reduce(within, axis=axis, dtype=np.intp)
    values = x.ravel().astype(np.float64, copy=False)
    largest = max(float(values.max()), -float(values.min())) or 1.0
    places = values * (SIZES * 0.999999 / largest)
    places += SIZES * 0.999999
    marked = places.astype(np.uint8) + VALUES * flat.view(np.uint8)  # so that one pass counts both kinds
    kept, by_value = np.bincount(marked, minlength=2 * VALUES).reshape(2, VALUES)
    sizes = kept + by_value
    yield f"of one value (part {{}} of {VALUES})", by_value, sizes
    by_size, sizes_of_size = (counts[SIZES:] + counts[:SIZES][::-1] for counts in (by_value, sizes))
    yield f"of one size (part {{}} of {SIZES})", by_size, sizes_of_size


def first_paired(outputs: list[Output]) -> Finding | None:
    """The first output with elements, a short distance apart, that share their fate more often than by chance, or
    less."""
    for output in outputs:
        found = paired(output.dropped, rate_of(output))
        if found is not None:
            distance, alike, chance = found
            return failed(
                f"{described(output.call)}: elements {distance} apart share their fate in {percent(alike)} of cases;"
                f" expected {percent(chance)}",
                f"{percent(alike)} alike",
                f"{percent(chance)} alike",
                mask_of(output),
            )
    return None


def paired(dropped: NDArray[np.bool_], p: float) -> tuple[int, float, float] | None:
    """The first short distance at which independent dropping at rate `p` does not explain how often elements are equal;
    how often they are, and how often they would be by chance.

    Every element is in one pair at most, so that the pairs are independent.
    """
    if not 0 < p < 1:
        return None
    chance = agreement(p, p)
    flat, along = dropped.ravel(), np.cumprod(dropped.shape[:0:-1]).tolist()
    distances = [distance for distance in dict.fromkeys((*SHORT, *along)) if 2 * distance <= dropped.size]
    for distance in distances:
        pairs = dropped.size // (2 * distance)
        first, second = flat[: 2 * distance * pairs].reshape(pairs, 2, distance).transpose(1, 2, 0)
        longer_innermost: Literal["C", "F"] = (
            "C" if pairs > distance else "F"
        )  # quicker by far at short distances
        alike = int(np.count_nonzero(np.equal(first, second, order=longer_innermost)))
        if not binomial_is_likely(alike, first.size, chance, FALSE_ALARM / len(distances)):
            return distance, alike / first.size, chance
    return None
