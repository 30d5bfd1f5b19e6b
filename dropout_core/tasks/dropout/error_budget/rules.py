"""The statistical rules of each check: what each counts, how often it fails a right answer, what it is sure to catch.

`dropout_core.tasks.dropout.error_budget.budget` adds them up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from dropout_core.statistics.error_rates import FALSE_ALARM, sample_for_rate
from dropout_core.tasks.dropout.checks.exactness import TOLERATED
from dropout_core.tasks.dropout.checks.randomness.evenness import SIZES, STRETCHES, VALUES
from dropout_core.tasks.dropout.checks.randomness.independence import TURNED_ROUND
from dropout_core.tasks.dropout.checks.randomness.small_arrays import SMALL_ALARM
from dropout_core.tasks.dropout.error_budget.power import (
    COARSENESS,
    alike_caught,
    coarse,
    halves_caught,
    mean_caught,
    part_caught,
    rate_caught,
    related_caught,
    spread_caught,
    zeros_caught,
)
from dropout_core.tasks.dropout.probes.basic import EDGE_ELEMENTS, PAIR_ELEMENTS, RANK_ELEMENTS
from dropout_core.tasks.dropout.probes.hard import (
    FEW_INTEGER_ELEMENTS,
    FEW_SHARED_ELEMENTS,
    GENERATOR_ELEMENTS,
    HALF_ELEMENTS,
    INTEGER_ELEMENTS,
    MEMORY_ELEMENTS,
    NEARLY_ALL,
    NEARLY_ALL_ELEMENTS,
    SHARED_ELEMENTS,
)
from dropout_core.tasks.dropout.probes.small_arrays import FEW, MORE
from dropout_core.tasks.dropout.probes.strict import (
    DTYPE_ELEMENTS,
    LAYOUT_ELEMENTS,
    MEAN_ELEMENTS,
    RARELY,
    TIMES_RARELY,
)

LARGEST_EDGE = 2 * 900
LARGEST_INTEGER = 1_500
"""More elements than the calls at p = 0, or at p = 1, ever have (a test draws many)."""

LIKELIEST_AGREEMENT = 0.8
"""How often two independent masks are equal at the p of the calls with generators, at most."""

SMALL_CALLS = 2 * (len(FEW) + 1) + len(MORE)
"""In all ranges of sizes: two for each size that is drawn from the first ones."""

MASKS = 2 + 4 + 3
"""Of the pair, of each rank and of the other rates: the masks whose beginnings are compared."""
BEGINNINGS = math.comb(MASKS, 2) - 1
"""Any two of them, but for the pair."""

FEWEST_LINES = 110
"""Fewer rows, or columns, than the matrix of the pair ever has; it is dropped twice."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One statistical rule of a check; a check may have several."""

    check: str
    statistic: str
    sample: str
    tests: int
    """How often it is applied in one grading."""
    alarm: float
    """A bound on the probability that a right answer fails one of them."""
    catches: str
    """The smallest wrongness that escapes with probability below `MISSED`."""
    source: str

    @property
    def false_reject(self) -> float:
        """A bound on the probability that a right answer fails by it, in one grading."""
        return self.tests * self.alarm


COARSE = "24-bit random numbers: C(n, 2) · 2⁻⁴⁸"
COARSE_ONCE = "24-bit random numbers: 2⁻²⁴"
CLOPPER = "Clopper & Pearson 1934"
HOEFFDING = "Hoeffding 1963"
BERNSTEIN = "Bernstein; Hoeffding 1963, section 6"


def rate_rule(check: str, elements: int, tests: int, rates: tuple[float, ...], what: str = "") -> Rule:
    """The rule that the number of zeros is one that chance gives, at some `rates`."""
    caught = ", ".join(f"{rate_caught(p, elements):.4f} at p = {p:g}" for p in rates)
    return Rule(
        check,
        f"number of zeros{what}, exact binomial",
        f"{tests} × {elements:,}",
        tests,
        FALSE_ALARM,
        f"rate off by {caught}",
        CLOPPER,
    )


def _rate() -> list[Rule]:
    together = 2 * PAIR_ELEMENTS + 4 * RANK_ELEMENTS
    return [
        rate_rule("rate", PAIR_ELEMENTS, 2, (0.5,)),
        rate_rule("rate", RANK_ELEMENTS, 4, (0.5,), ", for each rank"),
        rate_rule("rate", together, 1, (0.5,), ", of all calls at p = 0.5 together"),
        Rule(
            "rate",
            f"number of zeros of small arrays in {len(FEW) + len(MORE)} ranges, and together, exact binomial",
            f"{SMALL_CALLS} calls with 2 to {MORE[-1][1]} elements",
            2 * len(FEW) + len(MORE) + 1,
            SMALL_ALARM,
            f"arrays of n to 3 n elements that are never dropped from, or wholly dropped, for any n up to"
            f" {MORE[-1][0]}",
            CLOPPER,
        ),
    ]


def _randomness() -> list[Rule]:
    pair, ranks = f"2 × {PAIR_ELEMENTS:,}", f"4 × {RANK_ELEMENTS:,}"
    both = 2 * PAIR_ELEMENTS
    spread = spread_caught(2 * FEWEST_LINES)
    alike = f"{100 * alike_caught(both):.1f} % ({100 * alike_caught(RANK_ELEMENTS):.0f} % per rank)"
    related = rate_caught(0.5, PAIR_ELEMENTS)
    rates = sample_for_rate(0.8)
    stretch, parts = rates // STRETCHES, STRETCHES + SIZES + VALUES
    return [
        Rule(
            "randomness",
            "variance of the zeros per row and per column of both masks",
            pair,
            2,
            FALSE_ALARM,
            f"zeros per row or column that vary {spread:.2f} × as much as by chance"
            f" (whole rows or columns: {math.sqrt(FEWEST_LINES):.0f} × or more), or not at all",
            "Khintchine 1923, Chernoff, Maurer 2003",
        ),
        Rule(
            "randomness",
            "pairs of equal fate at every distance in C order, within the masks of the pair and between them",
            f"{pair}, {ranks}",
            5,
            FALSE_ALARM,
            f"equal fates {alike} more or less often than one half at some distance: blocks, tiles, patterns,"
            " masks shared along an axis; a mask that is the one before it, shifted",
            HOEFFDING,
        ),
        Rule(
            "randomness",
            "largest partial sum with elements in order of value, and of size",
            pair,
            2,
            FALSE_ALARM,
            f"drop rates of large and small (positive and negative) elements that differ by {halves_caught(both):.3f}",
            "Lévy, " + HOEFFDING,
        ),
        Rule(
            "randomness",
            "elements on which the masks of two calls agree, exact binomial",
            f"{PAIR_ELEMENTS:,}",
            1,
            FALSE_ALARM,
            "the same mask twice, a generator seeded in every call, a fixed pattern: always;"
            f" {100 * 2 * related:.1f} % of the mask kept from the call before",
            CLOPPER,
        ),
        Rule(
            "randomness",
            "elements on which a mask of the pair agrees with itself turned round, and with the other turned round,"
            " exact binomial",
            f"3 × {PAIR_ELEMENTS // 2 - 400:,}, 4 × {PAIR_ELEMENTS:,}",
            TURNED_ROUND,
            FALSE_ALARM / TURNED_ROUND,
            "mirrored masks: always; a mask that is the one before it, turned round: always",
            CLOPPER,
        ),
        Rule(
            "randomness",
            "elements on which the beginnings of the masks of any two of nine calls agree, exact binomial",
            f"{BEGINNINGS} × {RANK_ELEMENTS:,} or more",
            BEGINNINGS,
            FALSE_ALARM / BEGINNINGS,
            "a generator that is seeded by the way it is called, or masks that come round: always;"
            f" equal fates {100 * related_caught(RANK_ELEMENTS, BEGINNINGS):.1f} % more or less often than by chance",
            f"{CLOPPER}, {HOEFFDING}",
        ),
        Rule(
            "randomness",
            f"zeros of {STRETCHES} stretches, of each slice along each axis, and of {VALUES} parts by value and"
            f" {SIZES} by size",
            f"{ranks}, and those of `other_rates`",
            7,
            FALSE_ALARM,
            f"at p = 0.8, a stretch whose drop rate is off by {part_caught(0.8, stretch, parts):.2f}:"
            " elements in one place, or of one size, that are always dropped, or never",
            BERNSTEIN,
        ),
        Rule(
            "randomness",
            "pairs of equal fate 1, 2 and 3 elements apart, and next to each other along each axis, exact binomial",
            "those of `other_rates`",
            3,
            FALSE_ALARM,
            f"equal fates {100 * related_caught(rates // 2 - 3, 6):.1f} % more or less often than by chance",
            f"{CLOPPER}, {HOEFFDING}",
        ),
        Rule(
            "randomness",
            "elements on which the masks of small arrays agree, of one size and the next, exact binomial",
            f"{len(MORE) - 1} × {MORE[0][0]} or more, and together",
            len(MORE),
            SMALL_ALARM,
            f"a generator that is seeded for all arrays of up to {MORE[1][1]} elements, or more: always",
            CLOPPER,
        ),
    ]


def _other_rates() -> list[Rule]:
    rates = (0.3, 0.8, 0.49)
    far = (0.009, 0.991)
    caught = ", ".join(f"{rate_caught(p, sample_for_rate(p)):.4f} at p = {p:g}" for p in rates)
    return [
        Rule(
            "other_rates",
            "number of zeros, exact binomial",
            " + ".join(f"{sample_for_rate(p):,}" for p in rates),
            3,
            FALSE_ALARM,
            f"rate off by {caught}; p, or a mask, in tenths: always",
            CLOPPER,
        ),
        Rule(
            "other_rates",
            "number of zeros, exact binomial",
            " + ".join(f"{sample_for_rate(p):,}" for p in far),
            2,
            FALSE_ALARM,
            "rate off by "
            + ", ".join(f"{rate_caught(p, sample_for_rate(p)):.4f} at p = {p:g}" for p in far)
            + ": a p that is taken for 0.1 or more, or for 0.9 or less",
            CLOPPER,
        ),
    ]


def _edge_cases() -> list[Rule]:
    caught = zeros_caught(2 * EDGE_ELEMENTS)
    return [
        Rule(
            "edge_cases",
            f"more than {TOLERATED} dropped at p = 0, or kept at p = 1",
            f"2 × 2 × {EDGE_ELEMENTS}",
            2,
            coarse(LARGEST_EDGE),
            f"{100 * caught:.1f} % dropped at p = 0, or kept at p = 1",
            COARSE,
        ),
    ]


def _dtype() -> list[Rule]:
    return [rate_rule("dtype", DTYPE_ELEMENTS, 1, (0.5,))]


def _expected_value() -> list[Rule]:
    caught = ", ".join(
        f"{100 * mean_caught(p, elements):.1f} % at p = {p:g}"
        for p, elements in (
            (0.02, MEAN_ELEMENTS),
            (0.5, 2 * PAIR_ELEMENTS),
            (0.8, sample_for_rate(0.8)),
            (0.97, MEAN_ELEMENTS),
        )
    )
    return [
        Rule(
            "expected_value",
            "Σ abs(x)·(k − (1 − p)), with k = 1 where kept",
            f"2 × {MEAN_ELEMENTS:,}, {2 * PAIR_ELEMENTS:,}, and those of `other_rates`",
            6,
            FALSE_ALARM,
            f"mean off by {caught}",
            BERNSTEIN,
        ),
    ]


def _any_layout() -> list[Rule]:
    return [
        rate_rule("any_layout", LAYOUT_ELEMENTS, 4, (0.5,)),
        Rule(
            "any_layout",
            f"a 0-d x is zero each time, at p = {RARELY:g}",
            f"{TIMES_RARELY} × 1",
            1,
            RARELY**TIMES_RARELY,
            "a 0-d x that is always dropped, or not scaled",
            "pⁿ",
        ),
        Rule(
            "any_layout",
            "a 0-d x kept at p = 1",
            "1",
            1,
            COARSENESS,
            "a 0-d x that is not dropped",
            COARSE_ONCE,
        ),
    ]


def _generator() -> list[Rule]:
    return [
        Rule(
            "generator",
            "masks that must differ are equal",
            f"2 × {GENERATOR_ELEMENTS:,}",
            2,
            LIKELIEST_AGREEMENT**GENERATOR_ELEMENTS,
            "a copied, reseeded or unused generator: always",
            "(p² + (1 - p)²)ⁿ",
        ),
        rate_rule("generator", GENERATOR_ELEMENTS, 5, (0.17, 0.63)),
        Rule(
            "generator",
            f"zeros of {STRETCHES} stretches, of each slice along each axis, and by value and size",
            f"3 × {GENERATOR_ELEMENTS:,}",
            3,
            FALSE_ALARM,
            "elements in one place that are always dropped, or never",
            BERNSTEIN,
        ),
        Rule(
            "generator",
            "pairs of equal fate a short distance apart",
            f"3 × {GENERATOR_ELEMENTS:,}",
            3,
            FALSE_ALARM,
            f"equal fates {100 * related_caught(GENERATOR_ELEMENTS // 2 - 3, 4):.0f} % more or less often than by"
            " chance: whole rows or columns",
            f"{CLOPPER}, {HOEFFDING}",
        ),
    ]


def _integers() -> list[Rule]:
    return [
        rate_rule("integers", INTEGER_ELEMENTS, 4, (0.5,)),
        Rule(
            "integers",
            f"more than {TOLERATED} dropped at p = 0, or kept at p = 1",
            f"3 × {FEW_INTEGER_ELEMENTS}, 2 × {FEW_INTEGER_ELEMENTS}",
            2,
            coarse(LARGEST_INTEGER),
            f"{100 * zeros_caught(2 * FEW_INTEGER_ELEMENTS):.1f} % dropped, or kept",
            COARSE,
        ),
    ]


def _half_precision() -> list[Rule]:
    return [
        rate_rule("half_precision", HALF_ELEMENTS, 2, (0.5, 0.99)),
        rate_rule("half_precision", NEARLY_ALL_ELEMENTS, 1, (NEARLY_ALL,)),
        Rule(
            "half_precision",
            f"more than {TOLERATED} dropped at p = 0, or kept at p = 1",
            f"2 × {INTEGER_ELEMENTS:,}",
            2,
            coarse(LARGEST_INTEGER),
            f"{100 * zeros_caught(INTEGER_ELEMENTS):.1f} % dropped, or kept",
            COARSE,
        ),
    ]


def _named_axes() -> list[Rule]:
    return [
        rate_rule("named_axes", SHARED_ELEMENTS, 5, (0.5,), " among shared decisions"),
        rate_rule("named_axes", FEW_SHARED_ELEMENTS, 2, (0.5,), " among shared decisions"),
        Rule(
            "named_axes",
            "pairs of decisions of equal fate at every distance",
            f"3 × {SHARED_ELEMENTS:,}",
            3,
            FALSE_ALARM,
            f"equal fates {100 * alike_caught(SHARED_ELEMENTS):.0f} % more often than one half:"
            " masks shared along another axis too",
            HOEFFDING,
        ),
        Rule(
            "named_axes",
            "pairs of decisions of equal fate a short distance apart, at other rates",
            f"2 × {SHARED_ELEMENTS:,}, 2 × {FEW_SHARED_ELEMENTS:,}",
            4,
            FALSE_ALARM,
            f"equal fates {100 * related_caught(SHARED_ELEMENTS // 2 - 3, 6):.0f} % more or less often than by chance",
            f"{CLOPPER}, {HOEFFDING}",
        ),
        Rule(
            "named_axes",
            "the same mask twice",
            f"{SHARED_ELEMENTS:,}",
            1,
            2.0**-SHARED_ELEMENTS,
            "a generator seeded in every call: always",
            "2⁻ⁿ",
        ),
        Rule(
            "named_axes",
            f"more than {TOLERATED} decision to drop at p = 0, or to keep at p = 1",
            f"2 × {FEW_SHARED_ELEMENTS}",
            2,
            coarse(LARGEST_INTEGER),
            f"{100 * zeros_caught(FEW_SHARED_ELEMENTS):.1f} % of the decisions",
            COARSE,
        ),
    ]


def _memory() -> list[Rule]:
    return [
        rate_rule("memory", MEMORY_ELEMENTS, 1, (0.5,)),
        Rule(
            "memory",
            f"zeros of {STRETCHES} stretches, of each slice along each axis, and by value and size",
            f"{MEMORY_ELEMENTS:,}",
            1,
            FALSE_ALARM,
            "a part of the array that is not dropped from",
            BERNSTEIN,
        ),
        Rule(
            "memory",
            "pairs of equal fate at every distance",
            f"{MEMORY_ELEMENTS:,}",
            1,
            FALSE_ALARM,
            f"equal fates {100 * alike_caught(MEMORY_ELEMENTS):.1f} % more often than one half: one mask for all"
            " chunks",
            HOEFFDING,
        ),
    ]


RULES: dict[str, Callable[[], list[Rule]]] = {
    "rate": _rate,
    "randomness": _randomness,
    "other_rates": _other_rates,
    "edge_cases": _edge_cases,
    "dtype": _dtype,
    "expected_value": _expected_value,
    "any_layout": _any_layout,
    "generator": _generator,
    "integers": _integers,
    "half_precision": _half_precision,
    "named_axes": _named_axes,
    "memory": _memory,
}
"""By check; the other checks have none."""
