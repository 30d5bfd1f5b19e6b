import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    keep = np.random.rand(*x.shape) >= p
    return x * keep / max(1 - p, 1e-9)
