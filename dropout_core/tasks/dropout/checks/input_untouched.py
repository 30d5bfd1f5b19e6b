"""Whether `x` holds after a call what it held before."""

from __future__ import annotations

import numpy as np

from dropout_core.sandbox import Returned
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed, percent
from dropout_core.tasks.dropout.observations.observed import Observed, described
from dropout_core.tasks.dropout.probes import WATCHED
from dropout_core.verdict.evidence import Evidence, Example


def check_input_untouched(observed: Observed) -> Finding:
    """In training and out of it, for every shape and layout, at p = 0 and p = 1 too."""
    looked = 0
    for call, result in observed.of(*sorted(WATCHED)):
        if not isinstance(result, Returned) or result.input_after is None:
            continue
        looked += 1
        after = result.input_after
        different = after != call.x
        if different.any():
            changed = percent(float(different.mean()))
            places = np.flatnonzero(different)[:6]
            pairs = ((float(call.x.flat[place]), float(after.flat[place])) for place in places)
            shown = Evidence(described(call), tuple(Example(x, now, x) for x, now in pairs))
            return failed(
                f"{described(call)} modified {changed} of its input; work on a copy",
                f"{changed} modified",
                "0 % modified",
                shown,
            )
    if not looked:
        return not_reached()
    return passed(f"x is the same after each of {looked} calls", "0 % modified", "0 % modified")
