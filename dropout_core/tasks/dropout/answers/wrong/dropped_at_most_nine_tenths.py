import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    drop = np.random.random(x.shape) < min(p, 0.9)
    return np.where(drop, 0, x / (1 - p))
