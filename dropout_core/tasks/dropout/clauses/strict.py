"""What the suite `strict` adds to `basic`: what a careful author would write without being asked."""

from __future__ import annotations

from dropout_core.task.requirement import Explicitness, Requirement
from dropout_core.tasks.dropout.clauses.clause import clause

ADDED_BY_STRICT: tuple[Requirement, ...] = (
    clause(
        "input_untouched",
        title="Input untouched",
        failure="The input array was modified",
        wording={
            Explicitness.EXPLICIT: "Do not modify `x`: after every call it holds the values that it held before.",
            Explicitness.PLAIN: "The input array is never modified.",
            Explicitness.TERSE: "Never modify `x`.",
        },
        mentions=("modify", "modified", "modifies", "in place", "in-place", "untouched", "mutate"),
        watch=("input",),
        check="input_untouched.check_input_untouched",
    ),
    clause(
        "dtype",
        title="Dtype",
        failure="The dtype of the input is lost, or float32 is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "When `x` is float32 or float64, the output has the dtype of `x`: in training, in"
                " evaluation, and with `p` = 0 and `p` = 1 too."
            ),
            Explicitness.PLAIN: "The output keeps the dtype of `x`, if that is float32 or float64.",
            Explicitness.TERSE: "Keep the dtype, float32 or float64.",
        },
        mentions=("dtype", "data type"),
        draw="strict.dtypes",
        check="dtypes.check_dtype",
    ),
    clause(
        "numpy_only",
        title="Only NumPy",
        failure="Something other than NumPy is imported",
        wording={
            Explicitness.EXPLICIT: (
                "Import nothing but NumPy and the standard library, not even as an alternative in"
                " case it is installed."
            ),
            Explicitness.PLAIN: "Import nothing but NumPy and the standard library.",
            Explicitness.TERSE: "Import only NumPy and the standard library.",
        },
        mentions=("only numpy", "numpy only", "nothing but numpy", "standard library"),
        check="numpy_only.check_numpy_only",
    ),
    clause(
        "expected_value",
        title="Expected value",
        failure="The mean of the output is not that of the input",
        wording={
            Explicitness.EXPLICIT: (
                "On average over the random masks, the output equals the input for every `p` below 1,"
                " also for one close to 0 or close to 1, such as 0.02 or 0.97."
            ),
            Explicitness.PLAIN: "On average the output equals the input, also for `p` close to 0 or close to 1.",
            Explicitness.TERSE: "On average output = input, also for `p` near 0 or 1.",
        },
        mentions=("on average", "mean", "expected value", "expectation"),
        draw="strict.means",
        check="expected_value.check_expected_value",
    ),
    clause(
        "any_layout",
        title="Any layout",
        failure="An array of another memory layout, 0-d or empty is handled wrongly",
        wording={
            Explicitness.EXPLICIT: (
                "`x` may lie in memory in any way: in Fortran order, or as a view with a step, with"
                " negative strides or with its axes permuted. It may be empty, or 0-dimensional; for a"
                " 0-dimensional `x` a NumPy scalar may be returned instead of an array."
            ),
            Explicitness.PLAIN: (
                "`x` may be 0-dimensional (a NumPy scalar may be returned then), empty, in Fortran"
                " order, or any non-contiguous view."
            ),
            Explicitness.TERSE: "Handle 0-d, empty, Fortran-ordered and non-contiguous `x`.",
        },
        mentions=("0-d", "zero-dim", "empty", "fortran", "contiguous", "memory layout", "strides"),
        draw="strict.layouts",
        check="layouts.check_any_layout",
    ),
)
