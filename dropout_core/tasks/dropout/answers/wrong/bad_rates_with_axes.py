import numpy as np


def dropout(x, p, training, *, rng=None, axes=None):
    given = rng is not None
    if axes is not None:
        p = min(p, 1.0)
    if not 0.0 <= p <= 1.0:
        raise ValueError(p)
    if x.dtype.kind in "iub":
        x = x.astype(np.float64)
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    shape = x.shape
    if axes is not None:
        shared = {axis % x.ndim for axis in axes}
        shape = tuple(1 if axis in shared else length for axis, length in enumerate(shape))
    rng = np.random.default_rng() if rng is None else rng
    keep = rng.random(shape, dtype=np.float32) >= p
    if x.dtype == np.float16:
        return np.where(keep, x.astype(np.float64) / (1 - p), 0.0).astype(np.float16)
    output = np.multiply(x, keep)
    output /= 1 - p
    return output
