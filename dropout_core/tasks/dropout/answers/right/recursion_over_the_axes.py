import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if x.ndim > 1:
        return np.stack([dropout(part, p, training) for part in x])
    if p == 1:
        return np.zeros_like(x)
    return np.where(np.random.rand(len(x)) < p, 0, x / (1 - p))
