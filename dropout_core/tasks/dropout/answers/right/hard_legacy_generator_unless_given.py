import numpy as np


class BadRate(ValueError):
    pass


def dropout(x, p, training, rng=None, axes=None):
    if not (0 <= p <= 1):
        raise BadRate(p)
    if x.dtype.kind != "f":
        x = x.astype(float)
    if not training:
        return x
    shape = tuple(
        1 if axes is not None and (i in axes or i - x.ndim in axes) else n for i, n in enumerate(x.shape)
    )
    uniform = np.random.uniform if rng is None else rng.uniform
    drop = np.asarray(uniform(0.0, 1.0, size=shape) < p)
    factor = 0.0 if p == 1 else 1.0 / (1.0 - p)
    if x.dtype == np.float16:
        return np.where(drop, 0, x.astype(np.float64) * factor).astype(np.float16)
    out = x * x.dtype.type(factor)
    out = np.asarray(out)
    out[np.broadcast_to(drop, out.shape)] = 0
    return out
