import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.random.permutation(x.size).reshape(x.shape) >= max(1, round(p * x.size))
    return x * mask / (1 - p)
