import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    drop = np.random.random(x.shape) < np.clip(p, 0.1, 1)
    return np.where(drop, 0, x / (1 - p))
