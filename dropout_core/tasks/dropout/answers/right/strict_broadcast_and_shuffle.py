import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    drop = np.asarray(np.random.permutation(x.size) < round(p * x.size)).reshape(x.shape)
    if x.size == 1:
        drop = np.full(x.shape, np.random.rand() < p)
    return np.where(drop, x.dtype.type(0), x / x.dtype.type(1 - p) if p < 1 else x)
