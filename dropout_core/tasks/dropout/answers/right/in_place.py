import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    x *= np.random.rand(*x.shape) >= p
    if p < 1:
        x /= 1 - p
    return x
