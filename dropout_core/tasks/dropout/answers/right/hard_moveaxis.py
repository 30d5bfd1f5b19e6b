import numpy as np


def dropout(x, p, training, rng=None, axes=None):
    if not 0 <= p <= 1:
        raise ValueError("p must be a probability")
    target = x.dtype if x.dtype in (np.float16, np.float32, np.float64) else np.dtype(float)
    if not training:
        return x.astype(target)
    if p == 1:
        return np.zeros(x.shape, target)
    if rng is None:
        rng = np.random.default_rng()
    if axes:
        lead = np.moveaxis(x, axes, range(-len(axes), 0))
        inner = lead.shape[: x.ndim - len(axes)]
        keep = rng.random(inner) >= p
        keep = np.moveaxis(np.broadcast_to(keep[(...,) + (None,) * len(axes)], lead.shape), range(-len(axes), 0), axes)
    else:
        keep = rng.random(x.shape) >= p
    out = x.astype(np.float64)
    out /= 1 - p
    out = np.multiply(out, keep, out=out)
    return out.astype(target, copy=False)
