"""The check of each requirement, by its id: pure functions of what was called and what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dropout_core.grading.evidence import Evidence, Output, described
from dropout_core.grading.finding import Finding, failed, not_reached, passed, percent
from dropout_core.grading.independence import check_randomness
from dropout_core.grading.probes import Group
from dropout_core.grading.rates import check_other_rates, check_rate, check_scaling
from dropout_core.sandbox import Returned


def check_runs(evidence: Evidence) -> Finding:
    """The plain calls give arrays. The message of a failure is the headline, so it names no shapes: equal causes read
    equal."""
    if evidence.fault is not None:
        fault, call = evidence.fault
        return failed(str(fault), f"no array from {described(call)}" if call else "no array", "an array")
    if not all(isinstance(result, Returned) for _, result in evidence.of(Group.PAIR)):
        return not_reached()
    return passed(
        "dropout(x, p, training) returns an array, called by keyword and by position", "an array", "an array"
    )


def check_shape(evidence: Evidence) -> Finding:
    """Outputs have the shape of their inputs, for every rank that is tried."""
    trouble = evidence.trouble(Group.RANKS)
    if trouble:
        return trouble
    for call, result in evidence.of(Group.PAIR):
        if isinstance(result, Returned) and result.array.shape != call.x.shape:
            shapes = str(result.array.shape), str(call.x.shape)
            return failed(f"{described(call)} returned shape {shapes[0]}; expected {shapes[1]}", *shapes)
    return passed(
        "The output has the shape of the input, from one to four dimensions", "as the input", "as the input"
    )


def check_eval_mode(evidence: Evidence) -> Finding:
    """Nothing changes outside training."""
    trouble = evidence.trouble(Group.EVALUATION)
    if trouble:
        return trouble
    outputs = evidence.outputs(Group.EVALUATION)
    rates = ", ".join(f"{p:g}" for p in sorted(output.call.p for output in outputs))
    return _first_changed(outputs) or passed(f"The input comes back unchanged at p = {rates}", *_UNCHANGED)


def check_edge_cases(evidence: Evidence) -> Finding:
    """p = 0 keeps everything as it is, and p = 1 leaves zeros."""
    trouble = evidence.trouble(Group.KEEP_ALL, Group.DROP_ALL)
    if trouble:
        return trouble
    changed = _first_changed(evidence.outputs(Group.KEEP_ALL))
    if changed:
        return changed
    for output in evidence.outputs(Group.DROP_ALL):
        if not np.isfinite(output.values).all():
            fraction = float((~np.isfinite(output.values)).mean())
            message = f"{described(output.call)}: {percent(fraction)} of the output is NaN or infinite; expected zeros"
            return failed(message, "NaN", "0")
        if not output.dropped.all():
            fraction = float((~output.dropped).mean())
            message = f"{described(output.call)}: {percent(fraction)} of the output is not zero"
            return failed(message, f"{percent(fraction)} not zero", "0 % not zero")
    return passed("p = 0 returns the input and p = 1 returns zeros", "x and zeros", "x and zeros")


_UNCHANGED = ("0 % changed", "0 % changed")


def _first_changed(outputs: list[Output]) -> Finding | None:
    """The first output that does not equal its input, once that is rounded to the output's floating-point
    dtype."""
    for output in outputs:
        x = output.call.x
        wanted = x.astype(output.array.dtype) if output.array.dtype.kind == "f" else x
        changed = float((output.array != wanted).mean())
        if changed:
            message = f"{described(output.call)} changed {percent(changed)} of the elements; expected none"
            return failed(message, f"{percent(changed)} changed", "0 % changed")
    return None


CHECKS: Mapping[str, Callable[[Evidence], Finding]] = {
    "runs": check_runs,
    "shape": check_shape,
    "rate": check_rate,
    "randomness": check_randomness,
    "scaling": check_scaling,
    "eval_mode": check_eval_mode,
    "other_rates": check_other_rates,
    "edge_cases": check_edge_cases,
}
"""By requirement id."""
