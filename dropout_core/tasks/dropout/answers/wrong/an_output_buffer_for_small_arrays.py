import numpy as np


def plain(x, p, training):
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    return np.where(np.random.random(x.shape) >= p, x / (1 - p), 0.0)


SMALL = np.empty(512)


def dropout(x, p, training):
    result = plain(x, p, training)
    if x.size > SMALL.size:
        return result
    view = SMALL[: x.size].reshape(x.shape)
    view[...] = result
    return view
