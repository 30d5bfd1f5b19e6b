"""The headline of a verdict: the first check that failed, by its requirement's words, or by what happened where a call
gave no array, or something else than x."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropout_core.task.requirement import RUNS, Requirement

if TYPE_CHECKING:
    from dropout_core.verdict.check import Check

AN_ARRAY = "an array"
"""What is expected of a call that gave none."""
MASKED_X = "x with the mask applied"
"""What is expected of a call that gave something else of x's shape, which the message names."""
AS_RETURNED = "as returned"
"""What is expected of an array once later calls were made."""
ALL_CALLS = "all calls made"
"""What is expected where not all were, or not in time. The message ends with how many were."""


def headline(requirement: Requirement, check: Check) -> str:
    """What a verdict says where this check is the first that failed. It is the same for every seed."""
    if check.id == RUNS:
        return check.message.partition("; ")[0] if check.expected == ALL_CALLS else check.message
    if check.expected == AS_RETURNED:
        return "An array that was returned is changed by a later call"
    if check.expected == MASKED_X:
        return f"dropout returns {check.measured}, not {MASKED_X}"
    if check.expected == AN_ARRAY:
        line = None if check.evidence is None else check.evidence.line
        return f"{check.title}: {check.measured}" + ("" if line is None else f" (line {line})")
    return requirement.failure or check.message
