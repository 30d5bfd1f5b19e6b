import numpy as np

_numbers = None


def dropout(x, p, training):
    global _numbers
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    if _numbers is None or _numbers.shape != x.shape:
        _numbers = np.random.random(x.shape)
    return x * (_numbers >= p) / (1 - p)
