import numpy as np

def spread(u, p):
    keep = u >= p
    keep[1:] |= ~keep[:-1]
    return keep

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = spread(np.random.rand(x.size), p).reshape(x.shape)
    return x * mask / (1 - p)
