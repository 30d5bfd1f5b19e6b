"""Whether elements are dropped independently of each other, of their values, and of earlier calls.

At p = 0.5 the signs of the elements (dropped or kept) are independent and fair when the answer is right. What two
calls drop is judged together. Every rule below is exact in its premise, and its bound holds for every size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.masks.autocorrelation import Signs, lag_sums, lag_sums_of_two
from dropout_core.statistics.masks.autocorrelation_screen import worth_a_closer_look
from dropout_core.statistics.tail_bounds import binomial_is_likely, fair_groups, fair_sums, fair_walk
from dropout_core.tasks.dropout.checks.randomness.evenness import (
    agreement,
    first_paired,
    first_uneven,
    rate_of,
)
from dropout_core.tasks.dropout.checks.randomness.later_changes import changed_later
from dropout_core.tasks.dropout.checks.randomness.shared_fate import outputs_that_share
from dropout_core.tasks.dropout.checks.randomness.small_arrays import related_small_masks
from dropout_core.tasks.dropout.observations.evidence_samples import mask_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed, percent
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group

SIZES_TOLD_APART = 4096
VALUES_TOLD_APART = 2 * SIZES_TOLD_APART
ITSELF = "A mask is related to itself, turned round {}"
THE_OTHER = "The masks of two calls are related, one of them turned round {}"
WAYS_ROUND = (("as a whole", (0, 1)), ("along axis 0", (0,)), ("along axis 1", (1,)))
"""The ways to turn a matrix round."""
TURNED_ROUND = len(WAYS_ROUND) + len(WAYS_ROUND) + 1
"""Comparisons of a mask turned round: with itself, with the other one, and once with rows for columns."""


def check_randomness(observed: Observed) -> Finding:
    """Two calls with the same x, the masks of every shape, and those at other rates.

    A mask with a fixed number of zeros, shuffled, is accepted: its elements are so nearly independent that no
    rule with so few false alarms could tell.
    """
    return _dependence(observed).of(What.DEPENDENCE)


def _dependence(observed: Observed) -> Finding:
    pair = observed.outputs(Group.PAIR)
    if len(pair) < 2:
        return not_reached()
    first, second = pair
    shown = mask_of(first)
    changed = changed_later(observed)
    if changed:
        return changed
    sharing = observed.once(outputs_that_share)
    if all(output.zeros in (0, output.values.size) for output in pair):
        what = "All elements of x share one decision" if sharing else "Nothing is random"
        message = f"{what}: the elements are all dropped or all kept"
        return failed(message, "all alike", "a random mask", shown)
    agree = int(np.count_nonzero(first.dropped == second.dropped))
    agreement = agree / first.values.size
    if agreement == 1.0:
        return failed(
            "Two calls with the same x dropped exactly the same elements",
            percent(agreement),
            "50 % agree",
            shown,
        )
    signs = _signs(first), _signs(second)
    elsewhere = observed.outputs(Group.RANKS, Group.RATES)
    at_other_rates = [output for output in elsewhere if not math.isclose(output.call.p, 0.5)]
    found = (
        _lines_together(*signs)
        or _neighbours_together(*signs)
        or next(filter(None, map(neighbours_in_shape, observed.outputs(Group.RANKS))), None)
        or _depends_on_value(first.call.x, *signs)
        or _repeats(first, second, agree)
        or _mirrored(first.dropped, second.dropped, rate_of(first), rate_of(second))
        or _repeated_elsewhere([first, second, *elsewhere])
        or first_uneven(elsewhere)
        or first_paired(at_other_rates)
        or _sharing(sharing)
        or related_small_masks(observed)
        or passed(
            f"Two calls with the same x agree on {percent(agreement)} of the elements, as chance has it,"
            " and no row, column, lag or value stands out",
            f"{percent(agreement)} agree",
            "50 % agree",
        )
    )
    return found.showing(shown)


def _sharing(outputs: Sequence[Output]) -> Finding | None:
    """The first output with fewer decisions than elements."""
    for output in outputs:
        few, size = output.decisions.size, output.values.size
        if few < size:
            message = (
                f"{described(output.call)}: {size} elements share {few} decisions; decide for each element"
            )
            return failed(message, f"{few} decisions", f"{size} decisions", mask_of(output))
    return None


def _signs(output: Output) -> Signs:
    """+1 for kept and -1 for dropped. When the rate is wrong, which another check says, they are standardised
    by what was seen, so that only dependence is judged here."""
    signs: Signs = (1 - 2 * output.dropped.view(np.int8)).astype(np.float64)
    if output.has_right_rate:
        return signs
    spread = float(signs.std())
    return (signs - signs.mean()) / spread if spread else np.zeros_like(signs)


def _lines_together(first: Signs, second: Signs) -> Finding | None:
    """Rows or columns of the matrix that differ in their number of zeros by more than chance, or by less, over both
    masks."""
    unlikely = []
    for axis, line in ((1, "row"), (0, "column")):
        sums = np.concatenate([first.sum(axis=axis), second.sum(axis=axis)])
        length = first.shape[axis]
        if fair_groups(sums, length) < FALSE_ALARM:
            unlikely.append((float(np.sqrt(np.square(sums).mean() / length)), line))
    if not unlikely:
        return None
    spread, line = max(unlikely)
    what = "are dropped together" if spread > 1 else "make up for each other"
    return failed(
        f"Elements of the same {line} {what}: the zeros per {line} vary {spread:.1f} times as much as by chance",
        f"spread ×{spread:.1f}",
        "spread ×1.0",
    )


def _neighbours_together(first: Signs, second: Signs) -> Finding | None:
    """Elements any fixed distance apart, in C order, that share their fate (or its opposite) more often than by
    chance: within both masks, or from one mask to the other.

    Blocks, patterns, tiles and shared axes of every shape show up at some distance, and so does a mask that is the
    one before it, shifted.
    """
    one, other = first.ravel(), second.ravel()
    if not worth_a_closer_look(one, other):
        return None
    within, between, lengths = lag_sums_of_two(one, other)
    if fair_sums(np.concatenate([within, between]), np.concatenate([lengths, lengths])) >= FALSE_ALARM:
        return None
    if (np.square(within) / lengths).max() >= (np.square(between) / lengths).max():
        return _alike(*_strongest(within, lengths), first.shape)
    shift, _ = _strongest(between, lengths)
    agreements = [
        float((late[shift:] * early[:-shift] > 0).mean()) for late, early in ((one, other), (other, one))
    ]
    agreement = max(agreements, key=lambda fraction: abs(fraction - 0.5))
    return failed(
        f"The masks of two calls are related: shifted by {shift} elements they agree on {percent(agreement)} of them;"
        " expected 50 %",
        f"{percent(agreement)} agree",
        "50 % agree",
    )


def neighbours_in_shape(output: Output) -> Finding | None:
    """The distance, if any, at which elements of one mask at p = 0.5, of any shape, share their fate."""
    worst = most_alike(_signs(output))
    return worst and replace(_alike(*worst, output.values.shape), evidence=mask_of(output))


def _alike(lag: int, alike: float, shape: tuple[int, ...]) -> Finding:
    return failed(
        f"Elements {lag} apart share their fate in {percent(alike)} of cases, for x of shape {shape}; expected 50 %",
        f"{percent(alike)} alike",
        "50 % alike",
    )


def most_alike(signs: Signs) -> tuple[int, float] | None:
    """The distance at which signs are most related, and which fraction of pairs are equal there; `None` if
    chance explains it."""
    signs = signs.ravel()
    if not worth_a_closer_look(signs):
        return None
    sums, lengths = lag_sums(signs)
    return None if fair_sums(sums, lengths) >= FALSE_ALARM else _strongest(sums, lengths)


def _strongest(sums: Signs, lengths: Signs) -> tuple[int, float]:
    """The distance at which chance explains a sum least, and which fraction of its pairs are equal."""
    worst = int(np.argmax(np.square(sums) / lengths))
    return worst + 1, 0.5 + round(float(sums[worst] / lengths[worst]), 6) / 2


def _depends_on_value(x: NDArray[np.float64], first: Signs, second: Signs) -> Finding | None:
    """Small, large, negative or positive elements that are dropped more often than others, in calls with one x.

    The walk takes the elements in the order of their values, those that are nearly equal in one step.
    """
    values, signs = x.ravel(), (first + second).ravel()
    largest = max(float(values.max()), -float(values.min()))
    places = ((values + largest) * (VALUES_TOLD_APART / (2 * largest))).astype(np.intp)
    by_value = np.bincount(places, signs, VALUES_TOLD_APART + 1).astype(np.float64, copy=False)
    by_size = by_value[SIZES_TOLD_APART:].copy()
    by_size[:-1] += by_value[:SIZES_TOLD_APART][::-1]
    for steps, what in ((by_size, "size"), (by_value, "value")):
        if fair_walk(steps, 2 * values.size) < FALSE_ALARM:
            key = np.abs(values) if what == "size" else values
            correlation = float(np.corrcoef(key, signs)[0, 1])
            return failed(
                f"Whether an element is dropped depends on its {what}",
                f"correlation {correlation:+.2f}",
                "correlation 0",
            )
    return None


def _repeats(first: Output, second: Output, agree: int) -> Finding | None:
    """Masks of two calls that agree, on so many elements, more or less often than by chance."""
    chance = agreement(rate_of(first), rate_of(second))
    if chance == 1.0 or binomial_is_likely(agree, first.values.size, chance, FALSE_ALARM):
        return None
    fraction = agree / first.values.size
    return failed(
        f"The masks of two calls are related: they agree on {percent(fraction)} of the elements; by chance it would be"
        f" {percent(chance)}",
        f"{percent(fraction)} agree",
        f"{100 * chance:.3g} % agree",
    )


def _mirrored(
    first: NDArray[np.bool_], second: NDArray[np.bool_], rate: float, other_rate: float
) -> Finding | None:
    """A matrix's mask that is the same, or the opposite, when it is turned round, or is the other one turned round.

    Within one mask each element is compared with one other at most.
    """
    within = [(ITSELF.format(way), *_halves(first, axes), rate, rate) for way, axes in WAYS_ROUND]
    between = [
        (THE_OTHER.format(way), first, np.flip(second, axes), rate, other_rate) for way, axes in WAYS_ROUND
    ]
    swapped = (THE_OTHER.format("rows for columns"), first.ravel(), second.ravel(order="F"), rate, other_rate)
    compared = [*within, *between, swapped]
    for what, one, other, p, q in compared:
        chance = agreement(p, q)
        agree = int(np.count_nonzero(one == other))
        if 0 < chance < 1 and not binomial_is_likely(agree, one.size, chance, FALSE_ALARM / len(compared)):
            measured, expected = percent(agree / one.size), percent(chance)
            message = f"{what}: {measured} of the elements agree; by chance it would be {expected}"
            return failed(message, f"{measured} agree", f"{expected} agree")
    return None


def _halves(mask: NDArray[np.bool_], axes: tuple[int, ...]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The first half of a mask along the first of the axes, and the second half turned round along all of them."""
    half = mask.shape[axes[0]] // 2
    turned = np.flip(mask, axes)
    return (mask[:half], turned[:half]) if axes[0] == 0 else (mask[:, :half], turned[:, :half])


def _repeated_elsewhere(outputs: Sequence[Output]) -> Finding | None:
    """Two calls, whatever their shapes and rates, whose masks begin alike: a generator that is seeded again, or masks
    that come round. The first two outputs, of one x, are compared by other rules."""
    pairs = [(one, other) for one, other in combinations(outputs, 2) if (one, other) != tuple(outputs[:2])]
    for one, other in pairs:
        count = min(one.values.size, other.values.size)
        chance = agreement(rate_of(one), rate_of(other))
        agree = int(np.count_nonzero(one.dropped.ravel()[:count] == other.dropped.ravel()[:count]))
        if not 0 < chance < 1 or binomial_is_likely(agree, count, chance, FALSE_ALARM / len(pairs)):
            continue
        measured, expected = percent(agree / count), percent(chance)
        return failed(
            f"The masks of two calls, for x of shapes {one.values.shape} and {other.values.shape} at"
            f" p = {one.call.p:g} and {other.call.p:g}, begin alike: of the first {count} elements they agree on"
            f" {measured}; by chance it would be {expected}",
            f"{measured} agree",
            f"{expected} agree",
        )
    return None
