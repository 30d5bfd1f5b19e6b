"""How much memory a call allocates."""

from __future__ import annotations

from dropout_core.evidence import Evidence
from dropout_core.grading.finding import Finding, failed, not_reached, passed
from dropout_core.grading.observed import Observed, described
from dropout_core.grading.probes import Group
from dropout_core.sandbox import Returned

MOST = 1.5
"""Times the size of x."""


def check_memory(observed: Observed) -> Finding:
    """The peak of what Python and NumPy allocate during the call, the result included."""
    trouble = observed.trouble(Group.MEMORY)
    if trouble:
        return trouble
    for call, result in observed.of(Group.MEMORY):
        if isinstance(result, Returned) and result.peak is not None:
            times = result.peak / call.x.nbytes
            measured, expected, shown = f"×{times:.2f}", f"at most ×{MOST:.2f}", Evidence(described(call))
            message = f"{described(call)} had {times:.2f} times the memory of x allocated"
            if times > MOST:
                return failed(f"{message}; at most {MOST:g} times are allowed", measured, expected, shown)
            return passed(message, measured, expected).showing(shown)
    return not_reached()
