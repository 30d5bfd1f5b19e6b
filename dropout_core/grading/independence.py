"""Whether elements are dropped independently of each other, of their values, and of earlier calls.

At p = 0.5 the signs of the elements (dropped or kept) are independent and fair when the answer is right. So
are, for one lag, the products of signs that far apart: the pairs of one lag form chains, and neighbouring
links of a chain of fair signs are independent. Every rule below is therefore exact in its premise, and its
bound holds for every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dropout_core.grading.exhibits import mask_of
from dropout_core.grading.finding import Finding, failed, not_reached, passed, percent
from dropout_core.grading.observed import Observed, Output
from dropout_core.grading.probes import Group
from dropout_core.grading.rates import FALSE_ALARM, has_right_rate
from dropout_core.grading.tails import binomial_two_sided, fair_groups, fair_sums, fair_walk

Signs = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Mask:
    """One output's mask, as signs of the input's shape."""

    output: Output
    signs: Signs


def check_randomness(observed: Observed) -> Finding:
    """Two calls with the same x, and the masks of every shape.

    A mask with a fixed number of zeros, shuffled, is accepted: its elements are so nearly independent that no
    rule with so few false alarms could tell.
    """
    pair = observed.outputs(Group.PAIR)
    if len(pair) < 2:
        return not_reached()
    first, second = pair
    shown = mask_of(first)
    if all(output.dropped.all() or not output.dropped.any() for output in pair):
        return failed(
            "Nothing is random: the elements are all dropped or all kept", "all alike", "a random mask", shown
        )
    agreement = float((first.dropped == second.dropped).mean())
    if agreement == 1.0:
        return failed(
            "Two calls with the same x dropped exactly the same elements",
            percent(agreement),
            "50 % agree",
            shown,
        )
    masks = [_Mask(output, _signs(output)) for output in pair]
    others = [_Mask(output, _signs(output)) for output in observed.outputs(Group.RANKS)]
    found = (
        _first(masks, _lines_together)
        or _first([*masks, *others], _neighbours_together)
        or _depends_on_value(masks)
        or _repeats(first, second)
        or passed(
            f"Two calls with the same x agree on {percent(agreement)} of the elements, as chance has it,"
            " and no row, column, lag or value stands out",
            f"{percent(agreement)} agree",
            "50 % agree",
        )
    )
    return found.showing(shown)


def _first(masks: Sequence[_Mask], rule: Callable[[_Mask], Finding | None]) -> Finding | None:
    return next((finding for mask in masks if (finding := rule(mask))), None)


def _signs(output: Output) -> Signs:
    """+1 for kept and -1 for dropped. When the rate is wrong, which another check says, they are standardised
    by what was seen, so that only dependence is judged here."""
    signs = np.where(output.dropped, -1.0, 1.0)
    if has_right_rate(output):
        return signs
    spread = float(signs.std())
    return (signs - signs.mean()) / spread if spread else np.zeros_like(signs)


def _lines_together(mask: _Mask) -> Finding | None:
    """Rows or columns of the matrix that differ in their number of zeros by more than chance."""
    for axis, line in ((1, "row"), (0, "column")):
        sums = mask.signs.sum(axis=axis)
        length = mask.signs.shape[axis]
        if fair_groups(sums, length) < FALSE_ALARM:
            spread = float(np.sqrt(np.square(sums).mean() / length))
            return failed(
                f"Elements of the same {line} are dropped together: the zeros per {line} vary {spread:.1f} times"
                " as much as by chance",
                f"spread ×{spread:.1f}",
                "spread ×1.0",
                mask_of(mask.output),
            )
    return None


def _neighbours_together(mask: _Mask) -> Finding | None:
    """Elements any fixed distance apart, in C order, that share their fate (or its opposite) more often than
    by chance.

    Blocks, patterns, tiles and shared axes of every shape show up at some distance.
    """
    worst = most_alike(mask.signs)
    if worst is None:
        return None
    lag, alike = worst
    return failed(
        f"Elements {lag} apart share their fate in {percent(alike)} of cases, for x of shape {mask.signs.shape};"
        " expected 50 %",
        f"{percent(alike)} alike",
        "50 % alike",
        mask_of(mask.output),
    )


def most_alike(signs: Signs) -> tuple[int, float] | None:
    """The distance at which signs are most related, and which fraction of pairs are equal there; `None` if
    chance explains it."""
    sums, lengths = _lag_sums(signs.ravel())
    if fair_sums(sums, lengths) >= FALSE_ALARM:
        return None
    worst = int(np.argmax(np.square(sums) / lengths))
    return worst + 1, 0.5 + round(float(sums[worst] / lengths[worst]), 6) / 2


_ODD_FACTORS: tuple[int, ...] = tuple(3**threes * 5**fives for threes in range(6) for fives in range(4))


def _quick_length(least: int) -> int:
    """The smallest even length from `least` on that an FFT takes apart into factors of 2, 3 and 5."""
    return min(odd << max(1, (-(-least // odd) - 1).bit_length()) for odd in _ODD_FACTORS)


def _lag_sums(signs: Signs) -> tuple[Signs, Signs]:
    """For every lag from 1, the sum of the products of signs that far apart, and how many there are. By
    FFT."""
    count = signs.size
    length = _quick_length(2 * count - 1)
    spectrum = np.fft.rfft(signs, length)
    sums = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), length)[1:count]
    return sums, np.arange(count - 1, 0, -1, dtype=np.float64)


def _depends_on_value(masks: Sequence[_Mask]) -> Finding | None:
    """Small, large, negative or positive elements that are dropped more often than others. The masks are of one x."""
    x = masks[0].output.call.x.ravel()
    for key, what in ((np.abs(x), "size"), (x, "value")):
        order = np.argsort(key)
        for mask in masks:
            signs = mask.signs.ravel()
            if fair_walk(signs[order]) < FALSE_ALARM:
                correlation = float(np.corrcoef(key, signs)[0, 1])
                return failed(
                    f"Whether an element is dropped depends on its {what}",
                    f"correlation {correlation:+.2f}",
                    "correlation 0",
                )
    return None


def _repeats(first: Output, second: Output) -> Finding | None:
    """Masks of two calls that agree more, or less, often than by chance."""
    agree = int((first.dropped == second.dropped).sum())
    chance = 0.5
    if not (has_right_rate(first) and has_right_rate(second)):
        one, other = float(first.dropped.mean()), float(second.dropped.mean())
        chance = one * other + (1 - one) * (1 - other)
    if chance == 1.0 or binomial_two_sided(agree, first.values.size, chance) >= FALSE_ALARM:
        return None
    fraction = agree / first.values.size
    return failed(
        f"The masks of two calls are related: they agree on {percent(fraction)} of the elements; by chance it would be"
        f" {percent(chance)}",
        f"{percent(fraction)} agree",
        f"{100 * chance:.3g} % agree",
    )
