"""How many elements are dropped, and what becomes of the others, at any p strictly between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_core.statistics.error_rates import FALSE_ALARM
from dropout_core.statistics.tail_bounds import binomial_is_likely
from dropout_core.tasks.dropout.checks.randomness.shared_fate import (
    SHARED,
    distinct,
    outputs_that_share,
    wrong_among_decisions,
)
from dropout_core.tasks.dropout.checks.randomness.small_arrays import badly_scaled, wrong_small_rate
from dropout_core.tasks.dropout.observations.evidence_samples import first_mask, mask_of, scaling_of
from dropout_core.tasks.dropout.observations.finding import (
    Finding,
    failed,
    not_reached,
    passed,
    percent,
    told_apart,
)
from dropout_core.tasks.dropout.observations.headline import MASKED_X
from dropout_core.tasks.dropout.observations.observed import Observed, Output, described, unusual
from dropout_core.tasks.dropout.observations.ownership import What
from dropout_core.tasks.dropout.observations.tolerances import HALF_PRECISION, precision_of
from dropout_core.tasks.dropout.probes import Group

ENOUGH_SURVIVORS = 8
"""So many that are one number tell that x is not in it."""


def check_rate(observed: Observed) -> Finding:
    """Zeros at p = 0.5: in each call, and in all together. A mask with exactly p·n
    zeros, shuffled, is accepted too: no test of the number of zeros could refuse it and still accept every right
    answer."""
    outputs = observed.outputs(Group.PAIR)
    if not outputs:
        return not_reached()
    together = [*outputs, *observed.outputs(Group.RANKS)]
    shared = observed.once(outputs_that_share)
    apart, sharing = (
        [output for output in together if (output in shared) is wanted] for wanted in (False, True)
    )
    found = (
        wrong_rate(apart)
        or _wrong_together(apart)
        or (None if sharing else observed.once(wrong_small_rate))
        or _wrong_decisions(sharing)
        or (not_reached(SHARED) if sharing else None)
        or passed(*_rates_in_words(together))
    )
    return found.showing(first_mask(outputs))


def check_scaling(observed: Observed) -> Finding:
    """Survivors at p = 0.5, for every shape."""
    outputs = observed.outputs(Group.PAIR, Group.RANKS)
    if not outputs:
        return not_reached()
    if all(output.dropped.all() for output in outputs):
        return not_reached("No element survived, so there is no scaling to look at.")
    found = wrong_scaling(outputs) or first_wrongly_scaled(badly_scaled(observed))
    found = found or passed("Survivors are 2.00 × the input at p = 0.5", "×2.00", "×2.00")
    return found.showing(scaling_of(outputs[0]))


def check_other_rates(observed: Observed) -> Finding:
    """Rate and scaling away from p = 0.5; in suites that try a p near 0 or 1, there too."""
    trouble = observed.trouble(Group.RATES, Group.FAR_RATES)
    if trouble:
        return trouble
    outputs = observed.outputs(Group.RATES, Group.FAR_RATES, Group.MEANS)
    outputs.sort(key=lambda output: output.call.p)
    shared = observed.once(outputs_that_share)
    apart, sharing = (
        [output for output in outputs if (output in shared) is wanted] for wanted in (False, True)
    )
    rate = wrong_rate(apart)
    found = (
        (rate and rate.beside(wrong_scaling(outputs)))
        or wrong_scaling(outputs)
        or _wrong_decisions(sharing)
        or (not_reached(SHARED) if sharing else None)
        or passed(*_rates_in_words(outputs))
    )
    return found.showing(scaling_of(outputs[0]))


def wrong_rate(outputs: Sequence[Output]) -> Finding | None:
    """The first output with a wrong number of zeros."""
    for output in outputs:
        if output.has_right_rate:
            continue
        if _is_cut_off(output):
            return _cut_off(output)
        p, size = output.call.p, output.values.size
        measured = output.zeros / size
        kind = f", for x of shape {output.values.shape}," if output.values.ndim != 2 else ""
        at = f"at p = {p:g}{unusual(output.call)}"
        message = f"{percent(measured)} of {size} elements{kind} are zero; expected {100 * p:g} % {at}"
        if p != 0.5 and abs(measured - (1 - p)) < 0.01:
            message += ": p is the probability of dropping, not of keeping"
        return failed(message, percent(measured), f"{100 * p:g} %", mask_of(output)).of(What.RATE)
    return None


def _wrong_together(outputs: Sequence[Output]) -> Finding | None:
    """Too many zeros, or too few, in outputs at one p that each alone might be right. A mask that comes again, which
    another check says, makes them no surer."""
    found = _wrong_in_all(outputs)
    return found and _wrong_in_all(distinct(outputs)) and found


def _wrong_in_all(outputs: Sequence[Output]) -> Finding | None:
    if not outputs:
        return None
    p = outputs[0].call.p
    zeros, size = sum(output.zeros for output in outputs), sum(output.values.size for output in outputs)
    if binomial_is_likely(zeros, size, p, FALSE_ALARM):
        return None
    measured = percent(zeros / size)
    message = f"{measured} of {size} elements are zero, over {len(outputs)} calls; expected {100 * p:g} % at p = {p:g}"
    return failed(message, measured, f"{100 * p:g} %", mask_of(outputs[0])).of(What.RATE)


def _wrong_decisions(outputs: Sequence[Output]) -> Finding | None:
    """Decisions that elements share, too many of which drop, or too few."""
    found = wrong_among_decisions(outputs)
    if found is None:
        return None
    share, size, p = found
    message = (
        f"{percent(share)} of {size} decisions, each shared by several elements, are to drop;"
        f" expected {100 * p:g} % at p = {p:g}"
    )
    shown = mask_of(next(output for output in outputs if output.call.p == p))
    return failed(message, percent(share), f"{100 * p:g} %", shown).of(What.RATE)


def _is_cut_off(output: Output) -> bool:
    """Whether the values of x, which have fractions, came back in an array of integers."""
    return output.array.dtype.kind in "iu" and output.call.x.dtype.kind == "f"


def _cut_off(output: Output) -> Finding:
    what = f"whole numbers ({output.array.dtype})"
    message = (
        f"dropout returns {what}, not {MASKED_X}: the values lost their fractions."
        " numpy.vectorize without otypes takes the dtype of the first element that it makes"
    )
    return failed(message, what, MASKED_X, scaling_of(output)).of(What.NOT_X)


def _is_only_the_mask(x: NDArray[Any], survivors: NDArray[np.float64]) -> bool:
    """Whether survivors are one number whatever x is."""
    if survivors.size < ENOUGH_SURVIVORS:
        return False
    return bool(survivors.min() == survivors.max() and x.min() < x.max())


def _only_the_mask(output: Output) -> Finding:
    what = "the mask"
    value = f"{float(output.values.max()):.4g}"
    message = f"dropout returns {what}, not {MASKED_X}: where x is kept it holds {value}, whatever x is"
    return failed(message, what, MASKED_X, scaling_of(output)).of(What.NOT_X)


def _scaled_everywhere(output: Output) -> bool:
    """Whether no element is farther off than even the smallest may be: quickly told, and most right answers are so
    exact. For x of float64."""
    x, scale = output.call.x, 1.0 / (1.0 - output.call.p)
    if x.dtype != np.float64 or not x.size:
        return False
    errors = x * scale
    errors *= ~output.dropped
    errors -= output.values
    worst = max(errors.max(), -errors.min())
    return bool(worst == 0.0 or worst <= precision_of(output) * scale * float(np.abs(x).min()))


def wrong_scaling(outputs: Sequence[Output]) -> Finding | None:
    """The first output whose survivors are not x / (1 - p), element by element."""
    for output in outputs:
        p = output.call.p
        if _scaled_everywhere(output):
            continue
        survive = ~output.dropped
        x, survivors = output.call.x[survive], output.values[survive]
        wanted = x / (1.0 - p)
        precision = precision_of(output)
        right = np.abs(survivors - wanted) <= precision * np.abs(wanted)
        if right.all():
            continue
        wrong = ~right
        if _is_only_the_mask(x, survivors):
            return _only_the_mask(output)
        if _is_cut_off(output):
            return _cut_off(output)
        shown = scaling_of(output, _spread_out(survive, wrong))
        if not np.isfinite(survivors).all():
            count = int((~np.isfinite(survivors)).sum())
            return failed(
                f"{count} of {survivors.size} survivors are NaN or infinite at p = {p:g}",
                "NaN",
                "finite",
                shown,
            ).of(What.SCALE)
        ratios = survivors[wrong] / x[wrong]
        ratio = float(np.median(ratios))
        measured, expected = told_apart(ratio, 1 / (1 - p))
        steady = bool(np.allclose(ratios, ratio, rtol=HALF_PRECISION))
        if steady and wrong.all():
            message = f"Survivors are {measured} × the input; expected {expected} × at p = {p:g}"
        else:
            least, most = (told_apart(float(end), 1 / (1 - p))[0] for end in (ratios.min(), ratios.max()))
            message = (
                f"{int(wrong.sum())} of {survivors.size} survivors are not {expected} × the input at p = {p:g}:"
                f" they are {least} × to {most} ×"
            )
        return failed(message, f"×{measured}", f"×{expected}", shown).of(What.SCALE)
    return None


def wrong_elements(outputs: Sequence[Output]) -> Finding | None:
    """The first output with a wrong rate or wrong scaling, in words that name its call."""
    return _first_named(outputs, lambda one: wrong_scaling(one) or wrong_rate(one))


def first_wrongly_scaled(outputs: Sequence[Output]) -> Finding | None:
    """What `wrong_scaling` finds, in words that name the call."""
    return _first_named(outputs, wrong_scaling)


def _first_named(
    outputs: Sequence[Output], finds: Callable[[Sequence[Output]], Finding | None]
) -> Finding | None:
    for output in outputs:
        found = finds([output])
        if found:
            return replace(found, message=f"{described(output.call)}: {found.message}")
    return None


def _spread_out(survive: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which elements are wrong, when `wrong` tells it of the survivors, one after another."""
    where = np.zeros_like(survive)
    where[survive] = wrong
    return where


def _rates_in_words(outputs: Sequence[Output]) -> tuple[str, str, str]:
    """Message, measured and expected for outputs whose rates are right; outputs at the same p are pooled."""
    rates = list(dict.fromkeys(output.call.p for output in outputs))
    alike = [[output for output in outputs if output.call.p == p] for p in rates]
    measured = ", ".join(
        percent(sum(output.zeros for output in pool) / sum(output.values.size for output in pool))
        for pool in alike
    )
    expected = ", ".join(f"{100 * p:g} %" for p in rates)
    size = sum(output.values.size for output in outputs)
    return (
        f"{measured} of {size} elements are zero at p = {', '.join(f'{p:g}' for p in rates)}",
        measured,
        expected,
    )
