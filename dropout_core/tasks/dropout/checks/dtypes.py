"""What becomes of the dtype of `x`, and of the values, where the dtype is not float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dropout_core.tasks.dropout.checks.drop_rate import wrong_elements, wrong_rate
from dropout_core.tasks.dropout.checks.exactness import first_changed, not_all_dropped, not_all_kept
from dropout_core.tasks.dropout.observations.evidence_samples import first_scaling, scaling_of, values_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, passed
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What, When
from dropout_core.tasks.dropout.probes import Group

PROMOTED = np.dtype(np.float64)
"""What integers and booleans become."""
SLACK = 1e-6
"""What rounding in float32, before the last rounding to float16, may add to its half unit, relative."""


def check_dtype(observed: Observed) -> Finding:
    """float32 and float64 come back as they went in."""
    single = observed.outputs(Group.DTYPES)
    double = observed.outputs(Group.RANKS, Group.EVALUATION, Group.KEEP_ALL, Group.DROP_ALL)
    trained = [output for output in single if _is_mixed(output)]
    found = observed.own(
        other_dtype([*single, *double], None), *observed.troubles(Group.DTYPES), wrong_elements(trained)
    )
    found = found or passed("float32 gives float32 and float64 gives float64", "as the input", "as the input")
    return found.showing(first_scaling(trained))


def check_integers(observed: Observed) -> Finding:
    """Integers and booleans give float64, with the values that the same numbers in float64 would give."""
    outputs = observed.outputs(Group.INTEGERS)
    trained = [output for output in outputs if _is_mixed(output)]
    found = observed.own(
        *observed.troubles(Group.INTEGERS),
        other_dtype(outputs, PROMOTED),
        wrong_elements(trained),
        *_wrong_known_values(outputs),
    )
    found = found or passed("Integers and booleans give float64 with the right values", "float64", "float64")
    return found.showing(first_scaling(trained))


def check_half_precision(observed: Observed) -> Finding:
    """float16 comes back as float16, rounded once."""
    outputs = observed.outputs(Group.HALVES)
    trained = sorted((output for output in outputs if _is_mixed(output)), key=lambda output: output.call.p)
    found = observed.own(
        *observed.troubles(Group.HALVES),
        other_dtype(outputs, None),
        _first_rounded_twice(trained),
        wrong_rate(trained),
        *_wrong_known_values(outputs),
    )
    found = found or passed(
        "Every float16 survivor is the number nearest to x / (1 - p)", "0 % off", "0 % off"
    )
    return found.showing(first_scaling(trained))


def _is_mixed(output: Output) -> bool:
    """Whether some elements are dropped and others kept, when the answer is right."""
    return bool(output.call.training) and 0 < output.call.p < 1


def _wrong_known_values(outputs: Sequence[Output]) -> tuple[Finding | None, ...]:
    """Outside training, at p = 0 and at p = 1."""
    trained = [output for output in outputs if output.call.training]
    return (
        first_changed([output for output in outputs if not output.call.training], to_the_last_digit=True),
        not_all_kept([output for output in trained if output.call.p == 0], to_the_last_digit=True),
        not_all_dropped([output for output in trained if output.call.p == 1]),
    )


def other_dtype(outputs: Sequence[Output], wanted: np.dtype[Any] | None) -> Finding | None:
    """The first output of another dtype than `wanted`, or than its input when that is `None`."""
    for output in outputs:
        expected = output.call.x.dtype if wanted is None else wanted
        if output.array.dtype != expected:
            message = f"{described(output.call)} returned {output.array.dtype}; expected {expected}"
            given = str(output.array.dtype)
            found = failed(message, given, str(expected), values_of(output, output.values))
            if given == "bool" and expected != PROMOTED:  # the mask, as a rule
                return found.of(What.NOT_X)
            return found.of(What.DTYPE, When.ANY, given)
    return None


def _first_rounded_twice(outputs: Sequence[Output]) -> Finding | None:
    """The first output with an element that is neither 0 nor the float16 number nearest to x / (1 - p)."""
    for output in outputs:
        kept = ~output.dropped
        exact = output.call.x[kept].astype(np.float64) / (1 - output.call.p)
        half_unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64) / 2
        right = np.abs(output.values[kept] - exact) <= half_unit + SLACK * np.abs(exact)
        if right.all():
            continue
        wrong = np.zeros(output.values.shape, dtype=bool)
        wrong[kept] = ~right
        fraction = f"{100 * float(wrong.sum()) / max(1, int(kept.sum())):.3g} %"
        shown = scaling_of(output, wrong)
        if not np.isfinite(output.values).all():
            count = int((~np.isfinite(output.values)).sum())
            message = f"{count} of {output.values.size} elements are NaN or infinite; compute in a wider type"
            found = failed(f"{described(output.call)}: {message}", "NaN or inf", "finite", shown)
            return found.of(What.SCALE)
        return failed(
            f"{described(output.call)}: {fraction} of the survivors are not the float16 number nearest to"
            " x / (1 - p); compute in a wider type and round once",
            f"{fraction} off",
            "0 % off",
            shown,
        ).of(What.SCALE)
    return None
