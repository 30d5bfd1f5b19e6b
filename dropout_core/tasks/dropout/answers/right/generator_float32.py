import numpy as np
from numpy.random import default_rng
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = default_rng().random(x.shape, dtype=np.float32) >= p
    return x * mask / (1 - p)
