import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    keep = np.asarray(np.random.random(x.shape) >= p, dtype=x.dtype)
    return x * keep / x.dtype.type(1 - p)
