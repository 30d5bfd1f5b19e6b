"""How much memory a call allocates."""

from __future__ import annotations

from dropout_core.sandbox import Returned
from dropout_core.tasks.dropout.checks.drop_rate import wrong_elements
from dropout_core.tasks.dropout.checks.randomness.evenness import first_uneven
from dropout_core.tasks.dropout.checks.randomness.independence import neighbours_in_shape
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group
from dropout_core.verdict.evidence import Evidence

MOST = 1.5
"""Times the size of x."""


def check_memory(observed: Observed) -> Finding:
    """The peak of what Python and NumPy allocate during the call, the result included; and that the result is right."""
    troubles = observed.troubles(Group.MEMORY)
    if troubles:
        return observed.own(*troubles) or not_reached()
    outputs = observed.outputs(Group.MEMORY)
    ((call, result),) = observed.of(Group.MEMORY)
    if not isinstance(result, Returned) or result.peak is None:
        return not_reached()
    times = result.peak / call.x.nbytes
    measured, expected = f"×{times:.2f}", f"at most ×{MOST:.2f}"
    message = f"{described(call)} had {times:.2f} times the memory of x allocated"
    if times > MOST:
        found = failed(f"{message}; at most {MOST:g} times are allowed", measured, expected)
    else:
        found = observed.own(wrong_elements(outputs), _dependent(outputs)) or passed(
            message, measured, expected
        )
    return found.showing(Evidence(described(call)))


def _dependent(outputs: list[Output]) -> Finding | None:
    """Parts of a mask that are made one after another may be alike."""
    found = first_uneven(outputs) or next(filter(None, map(neighbours_in_shape, outputs)), None)
    return found and found.of(What.DEPENDENCE)
