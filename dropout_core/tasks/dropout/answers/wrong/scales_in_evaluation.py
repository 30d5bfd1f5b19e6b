import numpy as np
def dropout(x, p, training):
    if not training:
        return x * (1 - p)
    if p >= 1:
        return np.zeros_like(x)
    mask = np.random.rand(*x.shape) >= p
    return x * mask / (1 - p)
