import numpy as np


def dropout(x, p, training, rng=None, axes=None):
    if p < 0 or p > 1:
        raise ValueError(f"p must be in [0, 1], got {p}")
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    if not training or p == 0:
        return x.astype(dtype)
    if p == 1:
        return np.zeros(x.shape, dtype)
    shape = list(x.shape)
    for axis in axes or ():
        shape[axis] = 1
    rng = np.random.default_rng() if rng is None else rng
    keep = np.asarray(rng.random(shape) >= p)
    wide = np.promote_types(dtype, np.float32)
    out = np.asarray(x * wide.type(1 / (1 - p)), dtype=wide)
    out *= keep
    return out.astype(dtype, copy=False)
