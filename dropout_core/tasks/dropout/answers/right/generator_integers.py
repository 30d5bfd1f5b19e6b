import numpy as np
from numpy.random import default_rng
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = default_rng().integers(0, 2**32, x.shape) >= p * 2**32
    return x * mask / (1 - p)
