import numpy as np


def softmax(x, axis=-1):
    if not isinstance(axis, int):
        for one in range(x.ndim) if axis is None else axis:
            x = softmax(x, one)
        return x
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)
