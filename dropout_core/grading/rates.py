"""How many elements are dropped, and what becomes of the others, at any p strictly between 0 and 1."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dropout_core.grading.exhibits import first_mask, mask_of, scaling_of
from dropout_core.grading.finding import Finding, failed, not_reached, passed, percent, told_apart
from dropout_core.grading.observed import Observed, Output, described, unusual
from dropout_core.grading.precision import HALF_PRECISION, precision_of
from dropout_core.grading.probes import Group
from dropout_core.grading.promises import FALSE_ALARM
from dropout_core.grading.small import badly_scaled, wrong_small_rate
from dropout_core.grading.tails import binomial_is_likely


def check_rate(observed: Observed) -> Finding:
    """Zeros at p = 0.5: in each call, and in all together. A mask with exactly p·n
    zeros, shuffled, is accepted too: no test of the number of zeros could refuse it and still accept every right
    answer."""
    outputs = observed.outputs(Group.PAIR)
    if not outputs:
        return not_reached()
    together = [*outputs, *observed.outputs(Group.RANKS)]
    found = wrong_rate(together) or _wrong_together(together) or wrong_small_rate(observed)
    found = found or passed(*_rates_in_words(together))
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
    found = wrong_rate(outputs) or wrong_scaling(outputs) or passed(*_rates_in_words(outputs))
    return found.showing(scaling_of(outputs[0]))


def wrong_rate(outputs: Sequence[Output]) -> Finding | None:
    """The first output with a wrong number of zeros."""
    for output in outputs:
        if output.has_right_rate:
            continue
        p, size = output.call.p, output.values.size
        measured = output.zeros / size
        kind = f", for x of shape {output.values.shape}," if output.values.ndim != 2 else ""
        at = f"at p = {p:g}{unusual(output.call)}"
        message = f"{percent(measured)} of {size} elements{kind} are zero; expected {100 * p:g} % {at}"
        if p != 0.5 and abs(measured - (1 - p)) < 0.01:
            message += ": p is the probability of dropping, not of keeping"
        return failed(message, percent(measured), f"{100 * p:g} %", mask_of(output))
    return None


def _wrong_together(outputs: Sequence[Output]) -> Finding | None:
    """Too many zeros, or too few, in outputs at one p that each alone might be right."""
    p = outputs[0].call.p
    zeros, size = sum(output.zeros for output in outputs), sum(output.values.size for output in outputs)
    if binomial_is_likely(zeros, size, p, FALSE_ALARM):
        return None
    measured = percent(zeros / size)
    message = f"{measured} of {size} elements are zero, over {len(outputs)} calls; expected {100 * p:g} % at p = {p:g}"
    return failed(message, measured, f"{100 * p:g} %", mask_of(outputs[0]))


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
        shown = scaling_of(output, _spread_out(survive, wrong))
        if not np.isfinite(survivors).all():
            count = int((~np.isfinite(survivors)).sum())
            return failed(
                f"{count} of {survivors.size} survivors are NaN or infinite at p = {p:g}",
                "NaN",
                "finite",
                shown,
            )
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
        return failed(message, f"×{measured}", f"×{expected}", shown)
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
