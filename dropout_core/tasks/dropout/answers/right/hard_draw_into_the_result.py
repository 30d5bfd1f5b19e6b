import numpy as np

_shared = np.random.default_rng()


def dropout(x, p, training, *, rng=None, axes=None):
    if np.isnan(p) or p < 0 or p > 1:
        raise ValueError("p is not a probability")
    x = np.asarray(x)
    dtype = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    if not training:
        return x.astype(dtype, copy=True)
    shape = x.shape
    if axes is not None:
        shared = {axis % x.ndim for axis in axes}
        shape = tuple(1 if axis in shared else length for axis, length in enumerate(x.shape))
    draw = np.asarray((rng or _shared).random(shape))
    keep = draw >= p
    if draw.shape != x.shape:
        draw = np.empty(x.shape)
    np.multiply(x, keep, out=draw, casting="unsafe")
    if p < 1:
        draw /= 1 - p
    return draw.astype(dtype, copy=False)
