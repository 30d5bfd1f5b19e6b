import numpy as np


def softmax(x, axis=-1):
    below = np.maximum(x - x.max(axis=axis, keepdims=True), x.dtype.type(-1e5))
    e = np.exp(below)
    return e / e.sum(axis=axis, keepdims=True)
