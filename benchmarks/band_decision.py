"""How long the band decision takes after each trial, and the outlook beside it.

``python -m benchmarks.band_decision`` prints processor time, which others on the machine do not lengthen.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median

from dropout_core.statistics.band.decision import decide
from dropout_core.statistics.band.outlook import outlook
from dropout_core.statistics.pass_rate import Band, Decision

RATES = (0.05, 0.1, 0.25, 0.35, 0.4, 0.6)
TRIALS = 1_000


def main() -> None:
    """Print what evaluations of several true rates take in their last 100 of a thousand trials, in microseconds."""
    band = Band()
    for tolerance in (0.0, 0.05):
        decisions, outlooks = [], []
        for rate in RATES:
            drawn = random.Random(1)
            passed = 0
            for graded in range(1, TRIALS + 1):
                passed += drawn.random() < rate
                if graded <= TRIALS - 100:
                    continue
                said, took = _timed(decide.__wrapped__, passed, graded, band, tolerance)
                decisions.append(took)
                if said is Decision.UNDECIDED and graded % 20 == 0:
                    outlooks.append(_timed(outlook.__wrapped__, passed, graded, band, tolerance)[1])
        print(
            f"tolerance {tolerance * 100:g} points: {_said('decision', decisions)}; {_said('outlook', outlooks)}"
        )


def _timed(function: Callable[..., object], *arguments: object) -> tuple[object, float]:
    began = time.thread_time()
    result = function(*arguments)
    return result, (time.thread_time() - began) * 1e6


def _said(name: str, took: list[float]) -> str:
    if not took:
        return f"{name}: none needed"
    mean, middle, most = sum(took) / len(took), median(took), max(took)
    return f"{name}: mean {mean:,.0f} µs, median {middle:,.0f} µs, most {most:,.0f} µs of {len(took)}"


if __name__ == "__main__":
    main()
