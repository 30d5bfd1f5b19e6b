"""Whether what a call returned stays as it is when later calls are made."""

from __future__ import annotations

import numpy as np

from dropout_core.sandbox import Returned
from dropout_core.tasks.dropout.observations.finding import Finding, failed, percent
from dropout_core.tasks.dropout.observations.headline import AS_RETURNED
from dropout_core.tasks.dropout.observations.observed import Observed, described
from dropout_core.verdict.evidence import Evidence


def changed_later(observed: Observed) -> Finding | None:
    """The first result, of those looked at again after all calls, that is another one by then."""
    for call, result in zip(observed.probes.calls, observed.observation.results, strict=True):
        if not isinstance(result, Returned) or result.array_later is None:
            continue
        if result.array.tobytes() == result.array_later.tobytes():
            continue
        then, later = (
            array.reshape(array.size, 1).view(np.uint8) for array in (result.array, result.array_later)
        )
        changed = np.any(then != later, axis=1)
        fraction = percent(float(changed.mean()))
        return failed(
            f"{described(call)}: a later call changed {fraction} of the array that was returned; return a new array"
            " each time",
            f"{fraction} changed later",
            AS_RETURNED,
            Evidence(described(call)),
        )
    return None
