import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1.0:
        return np.zeros(x.shape)
    return np.where(np.random.rand(*x.shape) < p, 0.0, x / (1.0 - p))
