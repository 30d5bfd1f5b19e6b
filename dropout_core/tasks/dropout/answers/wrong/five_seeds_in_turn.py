import itertools

import numpy as np

_seeds = itertools.cycle(range(5))


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.default_rng(next(_seeds)).random(x.shape) >= p
    return x * keep / (1 - p)
