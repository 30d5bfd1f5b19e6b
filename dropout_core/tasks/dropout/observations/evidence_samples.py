"""What is kept of an output for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_core.tasks.dropout.observations.observed import Output, described
from dropout_core.verdict.evidence import Evidence, Example, Histogram

MOST_EXAMPLES = 6
MOST_BINS = 16
SAMPLED_ELEMENTS = 5_000
NARROWEST = 1e-300
"""Between ratios nearer than this, floating-point numbers leave no room for bins."""
MASK_ROWS, MASK_COLUMNS = 16, 64


def mask_of(output: Output) -> Evidence:
    """The mask's first rows and columns; its leading axes are taken together, and a line is broken into rows."""
    width = max(1, output.values.shape[-1]) if output.values.ndim > 1 else MASK_COLUMNS
    kept = output.values.ravel()[: MASK_ROWS * width] != 0
    digits = (kept + np.uint8(ord("0"))).tobytes().decode("ascii")
    lines = (digits[start : start + width][:MASK_COLUMNS] for start in range(0, len(digits), width))
    return Evidence(described(output.call), mask=tuple(lines), p=_rate(output))


def values_of(output: Output, wanted: NDArray[Any], where: NDArray[np.bool_] | None = None) -> Evidence:
    """Some elements of an output beside the values `wanted`, of the output's shape: the first of those `where`."""
    places = slice(MOST_EXAMPLES) if where is None else np.flatnonzero(where)[:MOST_EXAMPLES]
    examples = _examples(*(of.ravel()[places] for of in (output.call.x, output.values, wanted)))
    return Evidence(described(output.call), examples, p=_rate(output))


def scaling_of(output: Output, where: NDArray[np.bool_] | None = None) -> Evidence:
    """Some elements, and how many times the input the survivors are: of those `where`, or else of the first."""
    places = slice(SAMPLED_ELEMENTS) if where is None else np.flatnonzero(where)
    x, values = output.call.x.ravel()[places], output.values.ravel()[places]
    survive = values != 0
    wanted = np.where(survive, x / (1.0 - output.call.p), 0.0)
    return Evidence(
        described(output.call),
        _examples(x, values, wanted),
        _histogram((values / x)[survive]),
        p=_rate(output),
    )


def _rate(output: Output) -> float:
    return _short(output.call.p)


def _examples(*columns: NDArray[Any]) -> tuple[Example, ...]:
    given, values, wanted = (map(_short, column[:MOST_EXAMPLES].tolist()) for column in columns)
    return tuple(starmap(Example, zip(given, values, wanted, strict=True)))


def _histogram(ratios: NDArray[np.float64]) -> Histogram | None:
    """Of what is finite; `None` when nothing is."""
    finite: NDArray[np.float64] = ratios[np.isfinite(ratios)]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    apart = high - low
    if apart <= max(1e-5 * max(abs(low), abs(high)), NARROWEST) or not np.isfinite(apart):
        return Histogram(_short(low), _short(low), (finite.size,))
    counts, _ = np.histogram(finite, MOST_BINS, (low, high))
    return Histogram(_short(low), _short(high), tuple(int(count) for count in counts))


def _short(number: Any) -> float:
    """To as many digits as are looked at."""
    return float(f"{float(number):.6g}")


def first_mask(outputs: Sequence[Output]) -> Evidence | None:
    """The mask of the first output, when there is one."""
    return mask_of(outputs[0]) if outputs else None


def first_scaling(outputs: Sequence[Output]) -> Evidence | None:
    """The scaling of the first output, when there is one."""
    return scaling_of(outputs[0]) if outputs else None
