"""Outputs in which elements share their decisions: the number of zeros says little there about the rate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.masks.shared_decisions import crowd, is_pattern, may_be_shared
from dropout_core.statistics.tail_bounds import binomial_is_likely
from dropout_core.tasks.dropout.observations.observed import Observed, Output
from dropout_core.tasks.dropout.probes import Group

SHARED = (
    "Decisions are shared between elements, so that the number of zeros says little about the rate;"
    " see randomness."
)
BEGINNING = 64


def outputs_that_share(observed: Observed) -> list[Output]:
    """Of the plain calls in training. Of one decision for all of x, only several calls together can tell. It is looked
    for where a rate is wrong, or a mask has equal slices next to each other."""
    outputs = observed.outputs(Group.PAIR, Group.RANKS, Group.RATES, Group.FAR_RATES, Group.MEANS)
    alone = all(output.has_right_rate and not may_be_shared(output.dropped) for output in outputs)
    if alone and _right_together([output for output in outputs if output.call.p == 0.5]):
        return []
    uniform = [output for output in outputs if output.zeros in (0, output.values.size)]
    others = [output for output in outputs if output not in uniform]
    if not others:
        return uniform if len({output.zeros > 0 for output in uniform}) > 1 else []
    grouped = [output for output in others if output.decisions.size < output.values.size]
    if all(is_pattern(output.decisions) or is_pattern(output.dropped) for output in grouped):
        grouped = []
    crowded = [output for output in others if output not in grouped and _crowd_explains(output)]
    return [*grouped, *crowded, *uniform] if grouped or crowded else []


def _right_together(outputs: Sequence[Output]) -> bool:
    """Whether the zeros of outputs at p = 0.5, taken together, are as many as independent decisions give."""
    zeros, size = sum(output.zeros for output in outputs), sum(output.values.size for output in outputs)
    return binomial_is_likely(zeros, size, 0.5, FALSE_ALARM)


def _crowd_explains(output: Output) -> bool:
    """Whether neighbours go together, and the number of zeros is one that the right rate may give then."""
    if is_pattern(output.dropped):
        return False
    together = crowd(output.dropped)
    size = int(output.values.size / together)
    zeros = min(size, round(output.zeros / together))
    return together > 1 and binomial_is_likely(zeros, size, output.call.p, FALSE_ALARM)


def wrong_among_decisions(outputs: Sequence[Output]) -> tuple[float, int, float] | None:
    """The first p at which chance does not explain how many decisions drop: that share, of how many, and p."""
    for p, alike in groupby(sorted(outputs, key=lambda output: output.call.p), lambda output: output.call.p):
        decided = [output.decisions for output in distinct(list(alike)) if _is_grouped(output)]
        size, drops = sum(one.size for one in decided), sum(int(one.sum()) for one in decided)
        if size and not binomial_is_likely(drops, size, p, FALSE_ALARM):
            return drops / size, size, p
    return None


def _is_grouped(output: Output) -> bool:
    return output.decisions.size < output.values.size


def distinct(outputs: Sequence[Output]) -> list[Output]:
    """Without the outputs whose mask begins as an earlier one's does, as far as both go."""
    kept: list[Output] = []
    for output in outputs:
        if not any(_begin_alike(output, earlier) for earlier in kept):
            kept.append(output)
    return kept


def _begin_alike(one: Output, other: Output) -> bool:
    first, second = one.dropped.ravel(), other.dropped.ravel()
    return all(
        np.array_equal(first[:count], second[:count]) for count in (BEGINNING, min(first.size, second.size))
    )
