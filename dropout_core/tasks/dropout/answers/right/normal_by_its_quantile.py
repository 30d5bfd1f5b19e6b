import numpy as np
from statistics import NormalDist
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.random.standard_normal(x.shape) >= NormalDist().inv_cdf(p)
    return x * mask / (1 - p)
