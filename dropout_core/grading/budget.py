"""The error budget: how often each check fails a right answer, and what it is sure to catch.

Both follow from the sizes of the inputs (`dropout_core.grading.probes`) and from the bounds of
`dropout_core.grading.power`; nothing here is measured. The table in ``docs/grading.md`` is printed by

    python -m dropout_core.grading.budget
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from dropout_core.grading.exactness import TOLERATED
from dropout_core.grading.memory import MOST
from dropout_core.grading.power import (
    alike_caught,
    coarse,
    halves_caught,
    mean_caught,
    rate_caught,
    spread_caught,
    zeros_caught,
)
from dropout_core.grading.probes.basic import EDGE_ELEMENTS, PAIR_ELEMENTS, RANK_ELEMENTS
from dropout_core.grading.probes.hard import (
    GENERATOR_ELEMENTS,
    HALF_ELEMENTS,
    INTEGER_ELEMENTS,
    SHARED_ELEMENTS,
)
from dropout_core.grading.probes.strict import DTYPE_ELEMENTS, LAYOUT_ELEMENTS, MEAN_ELEMENTS
from dropout_core.grading.promises import FALSE_ALARM, sample_for_rate
from dropout_core.grading.rates import PRECISION
from dropout_core.requirements import suite_named

LARGEST_EDGE = 2 * 900
LARGEST_INTEGER = 1_500
"""More elements than the calls at p = 0, or at p = 1, ever have (a test draws many)."""

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
    false_reject: float
    """A bound on the probability that a right answer fails by it, in one grading."""
    catches: str
    """The smallest wrongness that escapes with probability below `MISSED`."""
    source: str


def rules(suite: str) -> tuple[Rule, ...]:
    """The statistical rules of a suite, in the order of its checks. Checks without one are exact.

    Raises:
        UnknownSuite: no suite has this name.
    """
    ids = [requirement.id for requirement in suite_named(suite)]
    made = [rule for id_ in ids if id_ in _RULES for rule in _RULES[id_]()]
    if "expected_value" in ids:  # which brings a p near 0 and one near 1, where `other_rates` looks too
        place = next(place for place, rule in enumerate(made) if rule.check == "edge_cases")
        made.insert(place, _rate_rule("other_rates", MEAN_ELEMENTS, 2, (0.02, 0.97)))
    return tuple(made)


def false_reject(suite: str) -> float:
    """A bound on the probability that a right answer fails one grading by the suite.

    Raises:
        UnknownSuite: no suite has this name.
    """
    return sum(rule.false_reject for rule in rules(suite))


CLOPPER = "Clopper & Pearson 1934"
HOEFFDING = "Hoeffding 1963"


def _rate_rule(check: str, elements: int, tests: int, rates: tuple[float, ...], what: str = "") -> Rule:
    caught = ", ".join(f"{rate_caught(p, elements):.4f} at p = {p:g}" for p in rates)
    return Rule(
        check,
        f"number of zeros{what}, exact binomial",
        f"{tests} × {elements:,}",
        tests,
        tests * FALSE_ALARM,
        f"rate off by {caught}",
        CLOPPER,
    )


def _rate() -> list[Rule]:
    together = 2 * PAIR_ELEMENTS + 4 * RANK_ELEMENTS
    return [
        _rate_rule("rate", PAIR_ELEMENTS, 2, (0.5,)),
        _rate_rule("rate", together, 1, (0.5,), ", of all calls at p = 0.5 together"),
    ]


def _randomness() -> list[Rule]:
    pair, ranks = f"2 × {PAIR_ELEMENTS:,}", f"4 × {RANK_ELEMENTS:,}"
    both = 2 * PAIR_ELEMENTS
    spread = spread_caught(2 * FEWEST_LINES)
    alike = f"{100 * alike_caught(both):.1f} % ({100 * alike_caught(RANK_ELEMENTS):.0f} % per rank)"
    related = rate_caught(0.5, PAIR_ELEMENTS)
    return [
        Rule(
            "randomness",
            "variance of the zeros per row and per column of both masks",
            pair,
            2,
            2 * FALSE_ALARM,
            f"zeros per row or column that vary {spread:.2f} × as much as by chance"
            f" (whole rows or columns: {math.sqrt(FEWEST_LINES):.0f} × or more)",
            "Khintchine 1923, Chernoff",
        ),
        Rule(
            "randomness",
            "pairs of equal fate at every distance in C order, within the masks of the pair and between them",
            f"{pair}, {ranks}",
            5,
            5 * FALSE_ALARM,
            f"equal fates {alike} more or less often than one half at some distance: blocks, tiles, patterns,"
            " masks shared along an axis; a mask that is the one before it, shifted",
            HOEFFDING,
        ),
        Rule(
            "randomness",
            "rates behind it, which must hold for the bound to apply",
            ranks,
            4,
            4 * FALSE_ALARM,
            "–",
            CLOPPER,
        ),
        Rule(
            "randomness",
            "largest partial sum with elements in order of value, and of size",
            pair,
            2,
            2 * FALSE_ALARM,
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
    ]


def _other_rates() -> list[Rule]:
    rates = (0.3, 0.8, 0.49)
    caught = ", ".join(f"{rate_caught(p, sample_for_rate(p)):.4f} at p = {p:g}" for p in rates)
    return [
        Rule(
            "other_rates",
            "number of zeros, exact binomial",
            " + ".join(f"{sample_for_rate(p):,}" for p in rates),
            3,
            3 * FALSE_ALARM,
            f"rate off by {caught}",
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
            2 * coarse(LARGEST_EDGE),
            f"{100 * caught:.1f} % dropped at p = 0, or kept at p = 1",
            "24-bit random numbers: C(n, 2) · 2⁻⁴⁸",
        ),
    ]


def _dtype() -> list[Rule]:
    return [_rate_rule("dtype", DTYPE_ELEMENTS, 1, (0.5,))]


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
            6 * FALSE_ALARM,
            f"mean off by {caught}",
            "Bernstein; " + HOEFFDING + ", section 6",
        ),
    ]


def _any_layout() -> list[Rule]:
    return [_rate_rule("any_layout", LAYOUT_ELEMENTS, 4, (0.5,))]


def _generator() -> list[Rule]:
    return [
        Rule(
            "generator",
            "masks that must differ are equal",
            f"2 × {GENERATOR_ELEMENTS:,}",
            2,
            2 * 2.0**-GENERATOR_ELEMENTS,
            "a copied, reseeded or unused generator: always",
            "2⁻ⁿ",
        ),
    ]


def _integers() -> list[Rule]:
    return [
        _rate_rule("integers", INTEGER_ELEMENTS, 3, (0.5,)),
        Rule(
            "integers",
            f"more than {TOLERATED} dropped at p = 0, or kept at p = 1",
            f"2 × {INTEGER_ELEMENTS:,}",
            2,
            2 * coarse(LARGEST_INTEGER),
            f"{100 * zeros_caught(INTEGER_ELEMENTS):.1f} % dropped, or kept",
            "24-bit random numbers: C(n, 2) · 2⁻⁴⁸",
        ),
    ]


def _half_precision() -> list[Rule]:
    return [_rate_rule("half_precision", HALF_ELEMENTS, 3, (0.5, 0.99))]


def _named_axes() -> list[Rule]:
    return [
        _rate_rule("named_axes", SHARED_ELEMENTS, 4, (0.5,), " among shared decisions"),
        Rule(
            "named_axes",
            "pairs of decisions of equal fate at every distance",
            f"2 × {SHARED_ELEMENTS:,}",
            2,
            2 * FALSE_ALARM,
            f"equal fates {100 * alike_caught(SHARED_ELEMENTS):.0f} % more often than one half:"
            " masks shared along another axis too",
            HOEFFDING,
        ),
    ]


_RULES: dict[str, Callable[[], list[Rule]]] = {
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
}

EXACT = {
    "runs": "no array from one of two calls, by keyword and by position",
    "shape": "another shape, for one of ranks 1 to 4",
    "scaling": f"a survivor off by {PRECISION:g}, relatively (float16 outputs: 0.002)",
    "eval_mode": "one element that differs",
    "input_untouched": "one element that differs",
    "dtype": "another dtype, in one of 14 calls",
    "numpy_only": "one import statement, or one import by a name that is written out",
    "generator": "one draw from the global state",
    "bad_rates": "one of 6 calls that does not raise ValueError",
    "integers": "another dtype, or a survivor off by 1e-06",
    "half_precision": "a survivor that is not the nearest float16",
    "named_axes": "one group along the axes that is not dropped or kept as one",
    "memory": f"more than {MOST:g} times the size of x",
}
"""What is caught without any probability."""


def table() -> str:
    """The budget as Markdown."""
    lines = [
        "| check | statistic | sample | false reject | caught, but for 1e-6 | source |",
        "|---|---|---|---|---|---|",
    ]
    for requirement in suite_named("hard"):
        for rule in rules("hard"):
            if rule.check == requirement.id:
                lines.append(
                    f"| `{rule.check}` | {rule.statistic} | {rule.sample} | {rule.false_reject:.1g} |"
                    f" {rule.catches} | {rule.source} |"
                )
        if requirement.id in EXACT:
            lines.append(f"| `{requirement.id}` | exact | – | 0 | {EXACT[requirement.id]} | – |")
    totals = ", ".join(f"`{suite}` {false_reject(suite):.1e}" for suite in ("basic", "strict", "hard"))
    return "\n".join([*lines, "", f"False rejects in one grading, all checks together: {totals}."])


if __name__ == "__main__":
    print(table())
