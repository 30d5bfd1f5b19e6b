import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    keep = np.random.rand(*x.shape) >= p
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = x / (1 - p)
    return np.where(keep, scaled, 0)
