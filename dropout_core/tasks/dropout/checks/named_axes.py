"""Whether the argument `axes` shares the mask along those axes, and along no other."""

from __future__ import annotations

import math
from itertools import combinations
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.tail_bounds import binomial_is_likely
from dropout_core.tasks.dropout.checks.drop_rate import first_wrongly_scaled
from dropout_core.tasks.dropout.checks.dtypes import PROMOTED, other_dtype
from dropout_core.tasks.dropout.checks.exactness import first_changed, not_all_dropped, not_all_kept
from dropout_core.tasks.dropout.checks.generators import check_generator
from dropout_core.tasks.dropout.checks.randomness.evenness import paired
from dropout_core.tasks.dropout.checks.randomness.independence import most_alike
from dropout_core.tasks.dropout.observations.evidence_samples import first_mask, mask_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed, percent
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group
from dropout_core.verdict.verdict import CheckStatus


def check_named_axes(observed: Observed) -> Finding:
    """One decision along the axes; decisions at the right rate and independent along the others; all else as without
    them."""
    plain = check_generator(observed)
    troubles = observed.troubles(Group.AXES)
    if not troubles and plain.status is not CheckStatus.FAILED:
        troubles = observed.troubles(Group.AXES_AND_GENERATORS)
    if troubles:
        return observed.own(*troubles) or not_reached()
    outputs, with_generators = observed.outputs(Group.AXES), observed.outputs(Group.AXES_AND_GENERATORS)
    if not outputs:
        return not_reached()
    trained = [output for output in outputs if output.call.training]
    mixed = [output for output in trained if 0 < output.call.p < 1 and _works_without(observed, output)]
    kept, dropped = ([output for output in trained if output.call.p == p] for p in (0, 1))
    found = observed.own(
        *map(_wrongly_shared, mixed),
        first_wrongly_scaled(mixed),
        _shared_again(mixed),
        other_dtype([output for output in mixed if output.call.x.dtype == np.float32], None),
        other_dtype([output for output in mixed if output.call.x.dtype.kind == "i"], PROMOTED),
        not_all_kept(kept, max((_shared_by(output) for output in kept), default=0)),
        not_all_dropped(dropped, max((_shared_by(output) for output in dropped), default=0)),
        first_changed([output for output in outputs if not output.call.training]),
        _not_from_generator(with_generators) if plain.status is CheckStatus.PASSED else None,
    )
    found = found or passed(
        "The mask is shared along the axes named and independent along the others",
        "100 % shared",
        "100 % shared",
    )
    return found.showing(first_mask(mixed))


def _shared_by(output: Output) -> int:
    """The elements of one decision, which at p = 0 and p = 1 may be an exception."""
    return math.prod(output.values.shape[axis] for axis in _axes_of(output))


def _axes_of(output: Output) -> tuple[int, ...]:
    return cast(tuple[int, ...], output.call.keywords["axes"])


def _shared_again(outputs: list[Output]) -> Finding | None:
    """The mask of two calls with the same x."""
    for first, second in combinations(outputs, 2):
        if first.call.x is second.call.x and np.array_equal(first.dropped, second.dropped):
            message = f"{described(first.call)}, called twice, dropped exactly the same elements"
            return failed(message, "100 % agree", "50 % agree").of(What.DEPENDENCE)
    return None


def _works_without(observed: Observed, output: Output) -> bool:
    """Whether x of the output's dtype gives the right dtype without `axes`, which other checks say."""
    match output.call.x.dtype.kind, output.call.x.dtype.itemsize:
        case "i", _:
            return other_dtype(observed.outputs(Group.INTEGERS), PROMOTED) is None
        case "f", 4:
            return other_dtype(observed.outputs(Group.DTYPES), None) is None
        case _:
            return True


def _not_from_generator(outputs: list[Output]) -> Finding | None:
    """Two calls whose generators are in the same state."""
    if len(outputs) == 2 and not np.array_equal(outputs[0].values, outputs[1].values):
        agree = percent(float((outputs[0].dropped == outputs[1].dropped).mean()))
        message = f"{described(outputs[0].call)}: another generator in the same state gave another mask"
        return failed(message, f"{agree} agree", "100 % agree")
    return None


def _wrongly_shared(output: Output) -> Finding | None:
    axes = _axes_of(output)
    call, p, shown = described(output.call), output.call.p, mask_of(output)
    decisions: NDArray[np.bool_] = np.asarray(output.dropped.all(axis=axes))
    shared = float((decisions == output.dropped.any(axis=axes)).mean())
    if shared < 1:
        return failed(
            f"{call}: only {percent(shared)} of the groups along the axes are dropped or kept as one",
            f"{percent(shared)} shared",
            "100 % shared",
            shown,
        )
    rate = float(decisions.mean())
    if decisions.size == 1:  # which may be either
        return None
    if not binomial_is_likely(int(decisions.sum()), decisions.size, p, FALSE_ALARM):
        message = f"{call}: {percent(rate)} of {decisions.size} groups are zero; expected {100 * p:g} %"
        return failed(message, percent(rate), f"{100 * p:g} %", shown).of(What.RATE)
    if not math.isclose(p, 0.5):
        related = paired(decisions, p)
        if related is None:
            return None
        distance, alike, chance = related[0], percent(related[1]), percent(related[2])
        message = f"{call}: groups {distance} apart agree in {alike} of cases; expected {chance}"
        return failed(message, f"{alike} alike", f"{chance} alike", shown).of(What.DEPENDENCE)
    worst = most_alike(np.where(decisions, -1.0, 1.0))
    if worst is not None:
        return failed(
            f"{call}: the mask is shared along other axes too: groups {worst[0]} apart agree in"
            f" {percent(worst[1])} of cases; expected 50 %",
            f"{percent(worst[1])} alike",
            "50 % alike",
            shown,
        ).of(What.DEPENDENCE)
    return None
