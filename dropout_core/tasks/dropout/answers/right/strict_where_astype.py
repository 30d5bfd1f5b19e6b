import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    return np.where(keep, x / (1 - p), 0).astype(x.dtype)
