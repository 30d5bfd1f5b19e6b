import numpy as np


def dropout(x, p, training):
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    scale = 1 if x.ndim == 0 else 1 / (1 - p)
    return np.asarray(x * (np.random.random(x.shape) >= p) * scale, dtype=x.dtype)
