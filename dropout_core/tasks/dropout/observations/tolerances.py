"""How near an element must be to what it should be. Which dtype comes back is not judged by it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dropout_core.tasks.dropout.observations.observed import Output

PRECISION = 1e-6
"""Relative error allowed to an element: far above what float32 arithmetic makes, far below any wrong factor."""
HALF_PRECISION = 2e-3
"""The same for an output in float16."""
OF_ONE_MINUS_P = 2e-7
"""Error allowed to 1 - p: above what rounding p to float32 makes, or ``1 - p + 1e-7``. It counts when p is near 1."""


def precision_of(output: Output) -> float:
    """The relative error allowed to each element of `output` that is kept."""
    if output.array.dtype == np.float16:
        return HALF_PRECISION
    kept = 1.0 - output.call.p if output.call.training else 1.0
    return max(PRECISION, OF_ONE_MINUS_P / kept) if kept > 0 else PRECISION


def is_scaled(output: Output) -> bool:
    """Whether every element that is kept, with 0 <= p < 1, is x / (1 - p)."""
    wanted = output.call.x / (1.0 - output.call.p)
    return bool(np.all(output.dropped | nearly_equal(output, wanted)))


def nearly_equal(output: Output, wanted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which elements of `output` are those of `wanted`, within that error."""
    near: NDArray[np.bool_] = np.abs(output.values - wanted) <= precision_of(output) * np.abs(wanted)
    return near
