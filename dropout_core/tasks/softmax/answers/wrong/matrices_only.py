import numpy as np


def softmax(x, axis=-1):
    rows = x if axis in (1, -1) else x.T
    e = np.exp(rows - rows.max(1, keepdims=True))
    e /= e.sum(1, keepdims=True)
    return e if axis in (1, -1) else e.T
