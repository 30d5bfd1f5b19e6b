from __future__ import annotations

import math

import numpy as np


def dropout(
    x: np.ndarray,
    p: float,
    training: bool,
    rng: np.random.Generator | None = None,
    axes: tuple[int, ...] | None = None,
) -> np.ndarray:
    """Inverted dropout; see the task."""
    if math.isnan(p) or not 0.0 <= p <= 1.0:
        raise ValueError(f"p must lie in [0, 1], not {p!r}")
    out_dtype = x.dtype if x.dtype.kind == "f" else np.float64
    if not training:
        return np.array(x, dtype=out_dtype)
    mask_shape = np.array(x.shape, dtype=int)
    if axes:
        mask_shape[list(axes)] = 1
    keep = np.asarray((rng if rng is not None else np.random).random(tuple(mask_shape)) >= p)
    out = np.zeros(x.shape, np.float32 if out_dtype == np.float16 else out_dtype)
    if p < 1:
        np.divide(x, 1.0 - p, out=out, where=keep, casting="unsafe", dtype=out.dtype)
    return out.astype(out_dtype, copy=False)
