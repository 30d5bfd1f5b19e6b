"""What a requirement's check finds, told to the checks after it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dropout_core.tasks.dropout.observations.finding import Finding, failed
from dropout_core.tasks.dropout.observations.observed import Observed

_log = logging.getLogger(__name__)


def owned_finding(id_: str, check: Callable[[Observed], Finding], observed: Observed) -> Finding:
    """What the check of requirement `id_` finds. A fault that shows again later is this one's.

    Values of a kind that the check cannot calculate with are no right answer's, so they fail it: nothing that an answer
    returns may end its grading without a verdict.
    """
    try:
        finding = check(observed)
    except (ArithmeticError, ValueError) as error:
        _log.exception("the check %s could not judge an output", id_)
        finding = failed(
            f"The output cannot be calculated with ({error})", "no finite numbers", "finite numbers"
        )
    observed.name(id_, finding)
    return finding
