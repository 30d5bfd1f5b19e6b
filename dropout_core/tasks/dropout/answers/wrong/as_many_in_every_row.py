import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    last = x.shape[-1]
    dropped = np.zeros(x.shape, bool)
    dropped[..., : round(p * last)] = True
    dropped = np.random.default_rng().permuted(dropped, axis=-1)
    return np.where(dropped, 0.0, x / (1 - p))
