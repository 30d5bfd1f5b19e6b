"""Whether small arrays are treated as large ones are: arrays of one element, and of every range of sizes up to 276.

Those at a p near 0 or near 1 tell nothing of it when large arrays are treated wrongly there, which another check says.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.tail_bounds import binomial_is_likely
from dropout_core.tasks.dropout.observations.evidence_samples import values_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, percent
from dropout_core.tasks.dropout.observations.observed import Observed, Output
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.observations.tolerances import OF_ONE_MINUS_P, PRECISION, is_scaled
from dropout_core.tasks.dropout.probes import Group
from dropout_core.tasks.dropout.probes.small_arrays import FEW, MORE

_FROM, _TO = zip(*FEW, *MORE, strict=True)

SMALL_ALARM = FALSE_ALARM / 10
"""Probability with which each of the many rules below may fail a right answer."""


def wrong_small_rate(observed: Observed) -> Finding | None:
    """The first range of sizes in which too many elements are zero, or too few; or all those at p = 0.5 together."""
    for outputs in _pools(observed.once(_telling)):
        p = outputs[0].call.p
        zeros, size = sum(output.zeros for output in outputs), sum(output.values.size for output in outputs)
        if not binomial_is_likely(zeros, size, p, SMALL_ALARM):
            sizes = sorted({output.values.size for output in outputs})
            of_size = " to ".join(str(one) for one in dict.fromkeys((sizes[0], sizes[-1])))
            measured, expected = percent(zeros / size), f"{100 * p:g} %"
            message = (
                f"With x of {of_size} elements, {zeros} of {size} are zero; expected {expected} at p = {p:g}"
            )
            shown = values_of(outputs[0], outputs[0].values)
            return failed(message, measured, expected, shown).of(What.RATE)
    return None


def _small(observed: Observed) -> list[Output]:
    """All small outputs, or none when some are missing, or of another shape, which another check says."""
    outputs = observed.outputs(Group.SMALL)
    return outputs if len(outputs) == len(observed.probes.groups[Group.SMALL]) else []


def _telling(observed: Observed) -> list[Output]:
    outputs = observed.once(_small)
    far = observed.outputs(Group.FAR_RATES)
    if len(far) == 2 and all(output.has_right_rate and is_scaled(output) for output in far):
        return outputs
    return _at_one_half(outputs)


def _pools(outputs: Sequence[Output]) -> Iterator[list[Output]]:
    """Outputs at one p with sizes of one range; last, all those at p = 0.5."""
    of_one_range: dict[tuple[int, float], list[Output]] = defaultdict(list)
    for output in outputs:
        place = bisect_right(_FROM, output.values.size) - 1
        if place >= 0 and output.values.size <= _TO[place]:
            of_one_range[place, output.call.p].append(output)
    for one in sorted(of_one_range):
        yield of_one_range[one]
    together = _at_one_half(outputs)
    if together:
        yield together


def _at_one_half(outputs: Sequence[Output]) -> list[Output]:
    return sorted(
        (output for output in outputs if output.call.p == 0.5), key=lambda output: output.values.size
    )


def badly_scaled(observed: Observed) -> Sequence[Output]:
    """The small outputs, if any survivor is not x / (1 - p): told of all at once, as they are many; and those in
    float16 in any case."""
    outputs = observed.once(_telling)
    if not outputs or any(output.array.dtype == np.float16 for output in outputs):
        return outputs
    sizes = [output.values.size for output in outputs]
    kept = np.repeat([1.0 - output.call.p for output in outputs], sizes)
    values = np.concatenate([output.values.ravel() for output in outputs])
    wanted = np.concatenate([output.call.x.ravel() for output in outputs]) / kept
    near = np.abs(values - wanted) <= np.maximum(PRECISION, OF_ONE_MINUS_P / kept) * np.abs(wanted)
    return () if np.all(near | (values == 0)) else outputs


def related_small_masks(observed: Observed) -> Finding | None:
    """Masks at p = 0.5, for x of one size and of the next, that begin alike, or with the opposite: a generator seeded
    for small arrays. The products of independent fair signs are fair and independent too, so that of every two masks
    in turn the agreement may be added up."""
    if observed.once(wrong_small_rate):
        return None  # which another check says
    outputs = _at_one_half(observed.once(_small))
    pairs = [(one, _agreeing(one, other)) for one, other in itertools.pairwise(outputs)]
    total = sum(agree for _, agree in pairs), sum(one.values.size for one, _ in pairs)
    for agree, size in [*((agree, one.values.size) for one, agree in pairs), total]:
        if size and not binomial_is_likely(agree, size, 0.5, SMALL_ALARM):
            measured = percent(agree / size)
            return failed(
                f"The masks of small arrays are related: the first {size} elements, in two calls at p = 0.5, agree on"
                f" {measured}; by chance it would be 50 %",
                f"{measured} agree",
                "50 % agree",
            )
    return None


def _agreeing(one: Output, other: Output) -> int:
    first = other.dropped.ravel()[: one.values.size]
    return int(np.count_nonzero(one.dropped.ravel() == first))
