"""Row of what-if as a JSON object."""

from __future__ import annotations

from dropout_core.analysis.what_if import WhatIf


def what_if_object(row: WhatIf) -> dict[str, object]:
    """The row as plain JSON values; rates are fractions."""
    return {
        "type": "what_if",
        "change": row.change.name,
        "suite": row.change.suite,
        "passed": row.passed,
        "graded": row.graded,
        "not_known": row.open,
        "pass_rate": row.rate,
        "interval": list(row.interval),
        "decision": str(row.decision),
        "asked": row.change.asked,
        "unasked": list(row.change.unasked),
    }
