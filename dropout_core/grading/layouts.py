"""Whether arrays that are 0-d, empty, or not C-ordered are treated like any other."""

from __future__ import annotations

from dropout_core.grading.exactness import first_changed
from dropout_core.grading.exhibits import scaling_of
from dropout_core.grading.finding import Finding, not_reached, passed
from dropout_core.grading.observed import Observed
from dropout_core.grading.probes import Group
from dropout_core.grading.rates import wrong_elements, wrong_scaling


def check_any_layout(observed: Observed) -> Finding:
    """Shape, rate and scaling in training, and identity in evaluation.

    Scaling is compared place by place, so an output whose elements were put in another order fails.
    """
    trouble = observed.trouble(Group.LAYOUTS)
    if trouble:
        return trouble
    outputs = observed.outputs(Group.LAYOUTS)
    if not outputs:
        return not_reached()
    trained = [output for output in outputs if output.call.training]
    large = [output for output in trained if output.values.size > 1]
    return (
        wrong_elements(large)
        or wrong_scaling(trained)
        or first_changed([output for output in outputs if not output.call.training])
        or passed(
            "0-d, empty, Fortran-ordered, strided, reversed and axis-permuted arrays are handled as any other",
            "as any other",
            "as any other",
        )
    ).showing(scaling_of(large[0]))
