"""Whether the argument `axes` shares the mask along those axes, and along no other."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from dropout_core.grading.exactness import first_changed
from dropout_core.grading.exhibits import first_mask, mask_of
from dropout_core.grading.finding import Finding, failed, not_reached, passed, percent
from dropout_core.grading.independence import most_alike
from dropout_core.grading.observed import Observed, Output, described
from dropout_core.grading.probes import Group
from dropout_core.grading.promises import FALSE_ALARM
from dropout_core.grading.rates import wrong_scaling
from dropout_core.grading.tails import binomial_is_likely


def check_named_axes(observed: Observed) -> Finding:
    """One decision along the axes; decisions at the right rate and independent along the others."""
    trouble = observed.trouble(Group.AXES)
    if trouble:
        return trouble
    outputs = observed.outputs(Group.AXES)
    if not outputs:
        return not_reached()
    trained = [output for output in outputs if output.call.training]
    found = (
        next((finding for output in trained if (finding := _wrongly_shared(output))), None)
        or wrong_scaling(trained)
        or first_changed([output for output in outputs if not output.call.training])
        or passed(
            "The mask is shared along the axes named and independent along the others",
            "100 % shared",
            "100 % shared",
        )
    )
    return found.showing(first_mask(trained))


def _wrongly_shared(output: Output) -> Finding | None:
    axes = cast(tuple[int, ...], output.call.keywords["axes"])
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
    if not binomial_is_likely(int(decisions.sum()), decisions.size, p, FALSE_ALARM):
        message = f"{call}: {percent(rate)} of {decisions.size} groups are zero; expected {100 * p:g} %"
        return failed(message, percent(rate), f"{100 * p:g} %", shown)
    worst = most_alike(np.where(decisions, -1.0, 1.0)) if math.isclose(p, 0.5) else None
    if worst is not None:
        return failed(
            f"{call}: the mask is shared along other axes too: groups {worst[0]} apart agree in"
            f" {percent(worst[1])} of cases; expected 50 %",
            f"{percent(worst[1])} alike",
            "50 % alike",
            shown,
        )
    return None
