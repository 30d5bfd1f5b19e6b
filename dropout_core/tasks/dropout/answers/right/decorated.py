import numpy as np

import functools
def checked(function):
    @functools.wraps(function)
    def inner(x, p, training):
        out = function(np.asarray(x, dtype=float), p, training)
        assert out.shape == x.shape
        return out
    return inner
@checked
def dropout(x, p, training):
    if not training or p == 0:
        return x
    keep = np.random.rand(*x.shape) > p
    return np.zeros_like(x) if p == 1 else x * keep / (1 - p)
