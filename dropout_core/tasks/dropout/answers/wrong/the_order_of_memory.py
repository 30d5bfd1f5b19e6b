import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    flat = np.where(np.ravel(keep), x.ravel(order='K') / (1 - p), 0)
    return flat.astype(x.dtype).reshape(x.shape)
