"""Checks of what every suite calls: that the code runs, and its shapes, evaluation mode and edge cases."""

from __future__ import annotations

import numpy as np

from dropout_core.sandbox import Call, Returned
from dropout_core.static_analysis.repeatability import unrepeatable
from dropout_core.tasks.dropout.checks.exactness import (
    UNCHANGED,
    first_changed,
    not_all_dropped,
    not_all_kept,
    not_finite,
)
from dropout_core.tasks.dropout.observations.evidence_samples import values_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, not_reached, passed
from dropout_core.tasks.dropout.observations.headline import AN_ARRAY
from dropout_core.tasks.dropout.observations.missing_results import cut_short, no_array, out_of_memory
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described
from dropout_core.tasks.dropout.observations.ownership import What, When, when
from dropout_core.tasks.dropout.probes import Group
from dropout_core.verdict.evidence import Evidence
from dropout_core.verdict.verdict import CheckStatus


def check_runs(observed: Observed) -> Finding:
    """The plain calls give arrays, and all calls together keep to the limits. The message of a failure is the headline,
    so it names no shapes: equal causes read equal."""
    ended = cut_short(observed)
    if ended is not None:
        return ended
    if observed.fault is not None:
        return no_array(*observed.fault)
    exhausted = out_of_memory(observed)
    if exhausted is not None:
        return exhausted
    if not all(isinstance(result, Returned) for _, result in observed.of(Group.PAIR)):
        return not_reached()
    said = "dropout(x, p, training) returns an array, called by keyword and by position"
    reads = unrepeatable(observed.code)
    if reads is None:
        return passed(said, AN_ARRAY, AN_ARRAY)
    line, what = reads
    said = f"{said}; line {line} reads {what}, so that another grading with this seed may differ"
    return passed(said, AN_ARRAY, AN_ARRAY).showing(Evidence(line=line))


def check_shape(observed: Observed) -> Finding:
    """Outputs have the shape of their inputs, for every rank that is tried."""
    # What goes wrong with large arrays too, at a p near 0 or near 1, another check says.
    far = observed.trouble(Group.FAR_RATES)
    small = () if far is not None and far.status is CheckStatus.FAILED else (Group.SMALL,)
    trouble = observed.trouble(Group.RANKS, *small)
    if trouble:
        return trouble
    for call, result in observed.of(Group.PAIR):
        if isinstance(result, Returned) and result.array.shape != call.x.shape:
            shapes = str(result.array.shape), str(call.x.shape)
            found = failed(f"{described(call)} returned shape {shapes[0]}; expected {shapes[1]}", *shapes)
            return found.of(What.SHAPE, When.ANY)
    return passed(
        "The output has the shape of the input, from one to four dimensions", "as the input", "as the input"
    )


def check_eval_mode(observed: Observed) -> Finding:
    """Nothing changes outside training; see `_unchanged`."""
    return observed.once(_unchanged)


def _unchanged(observed: Observed) -> Finding:
    """Nothing changes outside training. That p = 0 and p = 1 give numbers at all, another check says."""
    trouble = observed.trouble(Group.EVALUATION, only=lambda call: not _at_the_edges(call))
    if trouble:
        return trouble
    outputs = [
        output for output in observed.outputs(Group.EVALUATION) if not _is_spoiled_at_the_edges(output)
    ]
    outputs.sort(key=lambda output: _at_the_edges(output.call))
    rates = ", ".join(f"{p:g}" for p in sorted({float(output.call.p) for output in outputs}))
    found = first_changed(outputs) or passed(f"The input comes back unchanged at p = {rates}", *UNCHANGED)
    return found.showing(values_of(outputs[0], outputs[0].call.x))


def check_edge_cases(observed: Observed) -> Finding:
    """p = 0 keeps everything as it is, and p = 1 leaves zeros; of all elements, one may be an exception. Outside
    training neither raises, nor gives NaN."""
    outside = _spoiled_outside_training(observed)
    trouble = observed.trouble(Group.KEEP_ALL, Group.DROP_ALL)
    if trouble:
        return outside if outside and trouble.status is CheckStatus.NOT_REACHED else trouble
    kept, dropped = observed.outputs(Group.KEEP_ALL), observed.outputs(Group.DROP_ALL)
    found = not_all_kept(kept) or not_all_dropped(dropped) or outside
    found = found or passed("p = 0 returns the input and p = 1 returns zeros", "x and zeros", "x and zeros")
    return found.showing(values_of(dropped[0], np.zeros(dropped[0].values.shape)))


def _spoiled_outside_training(observed: Observed) -> Finding | None:
    """An exception, or NaN, at p = 0 or p = 1 only."""
    if observed.once(_unchanged).status is CheckStatus.FAILED:
        return None
    spoiled = [output for output in observed.outputs(Group.EVALUATION) if _is_spoiled_at_the_edges(output)]
    return observed.trouble(Group.EVALUATION, only=_at_the_edges) or not_finite(spoiled)


def _at_the_edges(call: Call) -> bool:
    return when(call) is When.EDGES


def _is_spoiled_at_the_edges(output: Output) -> bool:
    return _at_the_edges(output.call) and not np.isfinite(output.values).all()
