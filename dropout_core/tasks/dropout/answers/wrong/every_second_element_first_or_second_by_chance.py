import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = ((np.arange(x.size) + np.random.randint(2)) % 2 == 1).reshape(x.shape)
    return x * mask / (1 - p)
