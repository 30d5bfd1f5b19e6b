"""Whether the mean of the output is the mean of the input.

With k = 1 for a kept element and 0 for a dropped one, a right answer gives sign(x) · output = |x| k / (1 - p),
so that S = Σ |x| (k - (1 - p)) is a sum of independent bounded terms with mean 0. A shuffled mask of exactly p·n
zeros, which `rate` accepts, is a sample without replacement, for which the same bound holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.tail_bounds import bounded_sum
from dropout_core.tasks.dropout.observations.evidence_samples import scaling_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group


def check_expected_value(observed: Observed) -> Finding:
    """At p = 0.5, at the other rates, near 0 and near 1."""
    found = observed.own(*observed.troubles(Group.MEANS), _wrong_mean(observed))
    if found:
        return found
    outputs = observed.outputs(Group.MEANS, Group.RATES, Group.PAIR)
    if not outputs:
        return not_reached()
    measured = " ".join(f"×{_ratio([output]):.3f}" for output in outputs[:2])
    rates = " and ".join(f"{output.call.p:g}" for output in outputs[:2])
    return passed(
        f"The mean of the output is that of the input, within chance: {measured} at p = {rates}",
        measured,
        "×1.000",
    ).showing(scaling_of(outputs[0]))


def _wrong_mean(observed: Observed) -> Finding | None:
    outputs = observed.outputs(Group.MEANS, Group.RATES, Group.PAIR)
    for p in sorted({output.call.p for output in outputs}):
        alike = [output for output in outputs if output.call.p == p]
        if not mean_is_preserved(alike):
            ratio = _ratio(alike)
            return failed(
                f"{described(alike[0].call)}: the mean of the output is {ratio:.3f} × that of the input, in magnitude;"
                " expected 1.000 ×, within chance",
                f"×{ratio:.3f}",
                "×1.000",
                scaling_of(alike[0]),
            ).of(What.MEAN)
    return None


def mean_is_preserved(outputs: Sequence[Output]) -> bool:
    """Whether chance explains how far the mean of outputs at one p is from that of their inputs."""
    p = outputs[0].call.p
    distance = (1 - p) * abs(_survived(outputs) - _total(outputs))
    variance = p * (1 - p) * sum(float(np.square(output.call.x).sum()) for output in outputs)
    largest = max(float(np.abs(output.call.x).max()) for output in outputs) * max(p, 1 - p)
    return bounded_sum(distance, variance, largest) >= FALSE_ALARM


def _ratio(outputs: Sequence[Output]) -> float:
    return _survived(outputs) / _total(outputs)


def _survived(outputs: Sequence[Output]) -> float:
    return sum(float((output.values * np.sign(output.call.x)).sum()) for output in outputs)


def _total(outputs: Sequence[Output]) -> float:
    return sum(float(np.abs(output.call.x).sum()) for output in outputs)
