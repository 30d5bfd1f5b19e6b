import numpy as np


def softmax(x, axis=-1):
    wide = x.astype(np.float64)
    wide -= wide.max(axis=axis, keepdims=True)
    e = np.exp(wide)
    return (e / e.sum(axis=axis, keepdims=True)).astype(x.dtype)
