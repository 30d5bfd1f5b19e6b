import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    mask = (np.random.rand(*x.shape) >= p).astype(x.dtype)
    return x * mask / (1 - p + 1e-8)
