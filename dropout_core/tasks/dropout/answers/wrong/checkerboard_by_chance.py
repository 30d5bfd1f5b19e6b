import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = ((np.indices(x.shape).sum(axis=0) + np.random.randint(2)) % 2 == 1)
    return x * mask / (1 - p)
