"""Outputs of which every element is known beforehand: outside training, at p = 0 and at p = 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dropout_core.tasks.dropout.observations.evidence_samples import values_of
from dropout_core.tasks.dropout.observations.finding import Finding, failed, percent
from dropout_core.tasks.dropout.observations.observed import Output, described
from dropout_core.tasks.dropout.observations.ownership import What, When, when
from dropout_core.tasks.dropout.observations.tolerances import nearly_equal

UNCHANGED = ("0 % changed", "0 % changed")

TOLERATED = 1
"""Elements, of all outputs at p = 0 (or at p = 1) that one check looks at, which may be dropped (or kept).

A float32 random number has 24 bits, so ``rng.random(x.shape, dtype=np.float32) > 0`` is false once in 2**24
times: over 1,000 elements such an answer drops one with probability 6e-5, and two with probability 2e-9.
"""


SEEN = 1e-5
"""A relative change from which the six digits that are shown of an element differ."""


def first_changed(outputs: Sequence[Output], *, to_the_last_digit: bool = False) -> Finding | None:
    """The first output that does not equal its input: within the output's precision, or `to_the_last_digit`, once the
    input is rounded to the output's floating-point dtype."""
    for output in outputs:
        if not np.array_equal(output.array, _rounded_input(output)):
            different = _different(output, to_the_last_digit)
            if different.any():
                return _changed(output, different)
    return None


def not_finite(outputs: Sequence[Output]) -> Finding | None:
    """The first output that holds NaN or infinity."""
    for output in outputs:
        wrong = ~np.isfinite(output.values)
        if wrong.any():
            message = (
                f"{described(output.call)}: {percent(float(wrong.mean()))} of the output is NaN or infinite"
            )
            shown = values_of(output, output.call.x, wrong)
            return failed(message, "NaN", "finite", shown).of(What.VALUES, when(output.call))
    return None


def not_all_kept(
    outputs: Sequence[Output], tolerated: int = TOLERATED, *, to_the_last_digit: bool = False
) -> Finding | None:
    """The first output at p = 0 that does not equal its input, in the same sense, but for the few zeros that are
    tolerated."""
    zeros = sum(int(output.dropped.sum()) for output in outputs)
    for output in outputs:
        different = _different(output, to_the_last_digit)
        if (different if zeros > tolerated else different & ~output.dropped).any():
            return _changed(output, different)
    return None


def _different(output: Output, to_the_last_digit: bool) -> NDArray[np.bool_]:
    """Which elements are not those of the input."""
    if to_the_last_digit:
        return np.asarray(output.array != _rounded_input(output), np.bool_)
    return ~nearly_equal(output, output.call.x.astype(np.float64, copy=False))


def not_all_dropped(outputs: Sequence[Output], tolerated: int = TOLERATED) -> Finding | None:
    """The first output at p = 1 that is not all zeros, but for the few elements that are tolerated."""
    if sum(int((~output.dropped).sum()) for output in outputs) <= tolerated:
        return None
    for output in outputs:
        shown = values_of(output, np.zeros(output.values.shape), ~output.dropped)
        if not np.isfinite(output.values).all():
            fraction = float((~np.isfinite(output.values)).mean())
            message = f"{described(output.call)}: {percent(fraction)} of the output is NaN or infinite; expected zeros"
            return failed(message, "NaN", "0", shown).of(What.VALUES, When.EDGES)
        if not output.dropped.all():
            fraction = float((~output.dropped).mean())
            message = (
                f"{described(output.call)}: {percent(fraction)} of the output is not zero; expected all zeros"
            )
            found = failed(message, f"{percent(fraction)} not zero", "0 % not zero", shown)
            return found.of(What.VALUES, When.EDGES)
    return None


def _rounded_input(output: Output) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    x = output.call.x
    return x.astype(output.array.dtype) if output.array.dtype.kind == "f" else x


def _changed(output: Output, different: NDArray[np.bool_]) -> Finding:
    changed = percent(float(different.mean()))
    message = (
        f"{described(output.call)} changed {changed} of the elements{_by_how_much(output)}; expected none"
    )
    shown = values_of(output, output.call.x, different)
    return failed(message, f"{changed} changed", UNCHANGED[1], shown).of(What.VALUES, when(output.call))


def _by_how_much(output: Output) -> str:
    """In words, where the change is too small to be seen in the elements shown."""
    x = output.call.x.astype(np.float64)
    with np.errstate(all="ignore"):
        most = float(np.abs(output.values / x - 1).max())
    return f" by at most {most:.1g} of their size" if most < SEEN else ""
