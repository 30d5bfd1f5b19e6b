import numpy as np


def softmax(x, axis=-1):
    out = np.subtract(x, np.amax(x, axis=axis, keepdims=True))
    np.exp(out, out=out)
    out /= out.sum(axis=axis, keepdims=True)
    return out
