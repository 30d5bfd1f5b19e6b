"""Whether arrays that are 0-d, empty, or not C-ordered are treated like any other."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.tasks.dropout.checks.drop_rate import first_wrongly_scaled, wrong_elements
from dropout_core.tasks.dropout.checks.exactness import first_changed, not_all_dropped, not_all_kept
from dropout_core.tasks.dropout.observations.evidence_samples import first_scaling
from dropout_core.tasks.dropout.observations.finding import Finding, failed, passed
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.probes import Group
from dropout_core.tasks.dropout.probes.strict import TIMES_RARELY


def check_any_layout(observed: Observed) -> Finding:
    """Shape, rate and scaling in training, and identity in evaluation.

    Scaling is compared place by place, so an output whose elements were put in another order fails.
    """
    outputs = observed.outputs(Group.LAYOUTS)
    trained = [output for output in outputs if output.call.training]
    large = [output for output in trained if output.values.size > 1]
    mixed = [output for output in trained if 0 < output.call.p < 1]
    found = observed.own(
        *observed.troubles(Group.LAYOUTS),
        wrong_elements(large),
        first_wrongly_scaled(mixed),
        _always_dropped([output for output in mixed if not output.call.x.ndim]),
        not_all_kept([output for output in trained if output.call.p == 0]),
        not_all_dropped([output for output in trained if output.call.p == 1], tolerated=0),
        first_changed([output for output in outputs if not output.call.training]),
    )
    found = found or passed(
        "0-d, empty, Fortran-ordered, strided, reversed and axis-permuted arrays are handled as any other",
        "as any other",
        "as any other",
    )
    return found.showing(first_scaling(large))


def _always_dropped(outputs: Sequence[Output]) -> Finding | None:
    """Every one of several 0-d outputs at a small p is zero. Fewer, as of a process that was killed, say nothing."""
    if len(outputs) < TIMES_RARELY or not all(output.zeros for output in outputs):
        return None
    call = outputs[0].call
    message = (
        f"{described(call)} gave zero {len(outputs)} times in a row; expected x / (1 - p), nearly always"
    )
    return failed(message, "always zero", f"{100 * (1 - call.p):g} % kept").of(What.RATE)
