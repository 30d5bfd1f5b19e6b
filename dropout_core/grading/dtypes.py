"""What becomes of the dtype of `x`, and of the values, where the dtype is not float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dropout_core.grading.exactness import first_changed, not_all_dropped, not_all_kept
from dropout_core.grading.exhibits import scaling_of, values_of
from dropout_core.grading.finding import Finding, failed, not_reached, passed
from dropout_core.grading.observed import Observed, Output, described
from dropout_core.grading.probes import Group
from dropout_core.grading.rates import wrong_elements, wrong_rate

PROMOTED = np.dtype(np.float64)
"""What integers and booleans become."""
SLACK = 1e-6
"""What rounding in float32, before the last rounding to float16, may add to its half unit, relative."""


def check_dtype(observed: Observed) -> Finding:
    """float32 and float64 come back as they went in."""
    trouble = observed.trouble(Group.DTYPES)
    if trouble:
        return trouble
    single = observed.outputs(Group.DTYPES)
    if not single:
        return not_reached()
    double = observed.outputs(Group.RANKS, Group.EVALUATION, Group.KEEP_ALL, Group.DROP_ALL)
    trained = [output for output in single if _is_mixed(output)]
    return (
        other_dtype([*single, *double], None)
        or wrong_elements(trained)
        or passed("float32 gives float32 and float64 gives float64", "as the input", "as the input")
    ).showing(scaling_of(trained[0]))


def check_integers(observed: Observed) -> Finding:
    """Integers and booleans give float64, with the values that the same numbers in float64 would give."""
    trouble = observed.trouble(Group.INTEGERS)
    if trouble:
        return trouble
    outputs = observed.outputs(Group.INTEGERS)
    if not outputs:
        return not_reached()
    trained = [output for output in outputs if _is_mixed(output)]
    return (
        other_dtype(outputs, PROMOTED)
        or wrong_elements(trained)
        or _wrong_known_values(outputs)
        or passed("Integers and booleans give float64 with the right values", "float64", "float64")
    ).showing(scaling_of(trained[0]))


def check_half_precision(observed: Observed) -> Finding:
    """float16 comes back as float16, rounded once."""
    trouble = observed.trouble(Group.HALVES)
    if trouble:
        return trouble
    outputs = observed.outputs(Group.HALVES)
    if not outputs:
        return not_reached()
    trained = sorted((output for output in outputs if _is_mixed(output)), key=lambda output: output.call.p)
    return (
        other_dtype(outputs, None)
        or _first_rounded_twice(trained)
        or wrong_rate(trained)
        or _wrong_known_values(outputs)
        or passed("Every float16 survivor is the number nearest to x / (1 - p)", "0 % off", "0 % off")
    ).showing(scaling_of(trained[0]))


def _is_mixed(output: Output) -> bool:
    """Whether some elements are dropped and others kept, when the answer is right."""
    return bool(output.call.training) and 0 < output.call.p < 1


def _wrong_known_values(outputs: Sequence[Output]) -> Finding | None:
    """Outside training, at p = 0 and at p = 1."""
    trained = [output for output in outputs if output.call.training]
    return (
        first_changed([output for output in outputs if not output.call.training], to_the_last_digit=True)
        or not_all_kept([output for output in trained if output.call.p == 0], to_the_last_digit=True)
        or not_all_dropped([output for output in trained if output.call.p == 1])
    )


def other_dtype(outputs: Sequence[Output], wanted: np.dtype[Any] | None) -> Finding | None:
    """The first output of another dtype than `wanted`, or than its input when that is `None`."""
    for output in outputs:
        expected = output.call.x.dtype if wanted is None else wanted
        if output.array.dtype != expected:
            message = f"{described(output.call)} returned {output.array.dtype}; expected {expected}"
            return failed(message, str(output.array.dtype), str(expected), values_of(output, output.values))
    return None


def _first_rounded_twice(outputs: Sequence[Output]) -> Finding | None:
    """The first output with an element that is neither 0 nor the float16 number nearest to x / (1 - p)."""
    for output in outputs:
        p = output.call.p
        exact = output.call.x.astype(np.float64) / (1 - p)
        half_unit = np.spacing(np.abs(exact).astype(np.float16)).astype(np.float64) / 2
        right = output.dropped | (np.abs(output.values - exact) <= half_unit + SLACK * np.abs(exact))
        if right.all():
            continue
        wrong = ~right
        fraction = f"{100 * float(wrong.sum()) / max(1, int((~output.dropped).sum())):.3g} %"
        shown = scaling_of(output, wrong)
        if not np.isfinite(output.values).all():
            count = int((~np.isfinite(output.values)).sum())
            message = f"{count} of {output.values.size} elements are NaN or infinite; compute in a wider type"
            return failed(f"{described(output.call)}: {message}", "NaN or inf", "finite", shown)
        return failed(
            f"{described(output.call)}: {fraction} of the survivors are not the float16 number nearest to"
            " x / (1 - p); compute in a wider type and round once",
            f"{fraction} off",
            "0 % off",
            shown,
        )
    return None
