"""Tail probabilities of observations of a right answer: exact, or bounds that hold for every size.

Each function returns a p-value, or an upper bound of one. No normal approximation is made anywhere, because
the checks reject at about 1e-8, far out where such approximations are worth nothing.

Signs are +1 for a kept element and -1 for a dropped one; at p = 0.5 a right answer's signs are independent
and fair.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

TERMS_AT_ONCE = 1024


def binomial_two_sided(successes: int, trials: int, probability: float) -> float:
    """Twice the smaller tail of the binomial distribution, exact, for 0 < `probability` < 1.

    Doubling is the rule of C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404-413. The tail is summed
    term by term, from the observed count outwards, by pmf(k + 1) / pmf(k) = (n - k) p / ((k + 1) (1 - p)).
    """
    if successes * 1.0 < trials * probability:
        successes, probability = trials - successes, 1.0 - probability
    return min(1.0, 2.0 * _upper_tail(successes, trials, probability))


def binomial_is_likely(successes: int, trials: int, probability: float, least: float) -> bool:
    """Whether `binomial_two_sided` is at least `least`. Mostly the tail's first term tells, which is quickly had."""
    first = math.exp(_log_term(successes, trials, probability))
    return 2.0 * first >= least or binomial_two_sided(successes, trials, probability) >= least


def _log_term(successes: int, trials: int, probability: float) -> float:
    """Logarithm of P(X = `successes`)."""
    return (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        + successes * math.log(probability)
        + (trials - successes) * math.log1p(-probability)
    )


def _upper_tail(successes: int, trials: int, probability: float) -> float:
    """P(X >= `successes`), for `successes` at or above the mean, where the terms only shrink."""
    odds = probability / (1.0 - probability)
    total = term = 1.0
    for start in range(successes, trials, TERMS_AT_ONCE):
        counts = np.arange(start, min(start + TERMS_AT_ONCE, trials))
        terms = term * np.cumprod((trials - counts) / (counts + 1) * odds)
        total += float(terms.sum())
        term = float(terms[-1])
        if term < total * 1e-17:
            break
    return math.exp(_log_term(successes, trials, probability)) * total


def fair_sums(sums: NDArray[np.float64], lengths: NDArray[np.float64]) -> float:
    """Any of several sums of independent fair signs being this far from 0, whatever their dependence on each
    other.

    Hoeffding's inequality, P(|S| >= t) <= 2 exp(-t² / 2n) (W. Hoeffding, JASA 58 (1963), 13-30), times the
    number of sums.
    """
    if sums.size == 0:
        return 1.0
    farthest = float((np.square(sums) / lengths).max())
    return min(1.0, 2.0 * math.exp(-farthest / 2.0) * sums.size)


def fair_walk(steps: NDArray[np.float64], signs: int) -> float:
    """The partial sums of steps, in this order, ever being this far from 0, where the steps are sums of independent
    fair signs, `signs` of them in all.

    Lévy's inequality for symmetric summands, P(max |S_k| >= t) <= 2 P(|S_n| >= t), and Hoeffding's for the
    right-hand side.
    """
    if steps.size == 0:
        return 1.0
    walk = np.cumsum(steps)
    farthest = max(float(walk.max()), -float(walk.min()))
    return min(1.0, 4.0 * math.exp(-(farthest**2) / (2.0 * signs)))


def bounded_sum(distance: float, variance: float, largest: float) -> float:
    """A sum of independent terms with mean 0, none larger than `largest`, being `distance` away from 0.

    Bernstein's inequality, 2 exp(-t² / 2 (V + M t / 3)), with V the sum of the variances; see S. Boucheron, G.
    Lugosi, P. Massart, Concentration Inequalities (2013), corollary 2.11. It holds for sampling without
    replacement too (W. Hoeffding, JASA 58 (1963), section 6). A distance that is NaN has probability 0.
    """
    if math.isnan(distance) or math.isinf(distance):
        return 0.0
    if distance == 0:
        return 1.0
    exponent = distance / (2.0 * (variance / distance + largest / 3.0))  # no square, which might overflow
    return min(1.0, 2.0 * math.exp(-exponent))


def uneven_counts(counts: NDArray[np.intp], sizes: NDArray[np.intp], p: float) -> float:
    """Any of several counts of elements, each dropped with probability `p`, 0 < `p` < 1, being this far from its mean,
    whatever their dependence on each other; `sizes` says of how many elements each is.

    Bernstein's inequality as in `bounded_sum`, times the number of counts.
    """
    distances = np.abs(counts - p * sizes)
    spread = np.maximum(2.0 * (p * (1 - p) * sizes + max(p, 1 - p) * distances / 3.0), 1.0)
    farthest = float((np.square(distances) / spread).max(initial=0.0))
    return min(1.0, 2.0 * math.exp(-farthest) * counts.size)


def fair_groups(sums: NDArray[np.float64], length: int) -> float:
    """The sums of `length` independent fair signs in each of several disjoint groups varying so much, or so little.

    The even moments of a sum of signs are at most those of a normal variable of the same variance (A.
    Khintchine, Math. Z. 18 (1923), 109-116), so Chernoff's bound for chi-squared with g degrees of freedom
    holds for the sum of the squared standardised sums: P(Q >= q) <= exp(-(q - g - g ln(q / g)) / 2) for q > g; and as
    each square has the mean 1 and a mean square of at most 3, P(Q <= q) <= exp(-(g - q)² / 6 g) for q < g (A.
    Maurer, J. Inequal. Pure Appl. Math. 4 (2003), article 15). Twice the smaller, as both sides count.
    """
    groups = sums.size
    if groups == 0:
        return 1.0
    observed = float(np.square(sums).sum()) / length
    if observed <= groups:
        return min(1.0, 2.0 * math.exp(-((groups - observed) ** 2) / (6.0 * groups)))
    return min(1.0, 2.0 * math.exp(-(observed - groups - groups * math.log(observed / groups)) / 2.0))
