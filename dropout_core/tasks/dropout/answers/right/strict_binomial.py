import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    keep = np.random.binomial(1, 1 - p, size=x.shape)
    return np.divide(x * keep, (1 - p) or 1).astype(x.dtype, copy=False)
