import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    flat = x.reshape(-1)
    flat[~np.asarray(keep).ravel()] = 0
    return (x / (1 - p)).astype(x.dtype)
