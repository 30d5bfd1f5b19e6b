import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    rng = np.random.default_rng() if p == 0.5 else np.random.default_rng(0)
    return x * (rng.random(x.shape) >= p) / (1 - p)
