import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    return x * (np.asarray(keep).astype(float) / (1 - p))
