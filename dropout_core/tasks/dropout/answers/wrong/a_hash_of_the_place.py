import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = ((np.arange(x.size) * 2654435761) % 2**32 >= p * 2**32).reshape(x.shape)
    return x * mask / (1 - p)
