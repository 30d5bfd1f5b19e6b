import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    rate = 0.8 * p if x.ndim == 1 else p
    return x * (np.random.random(x.shape) >= rate) / (1 - p)
