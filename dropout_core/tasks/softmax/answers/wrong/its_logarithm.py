import numpy as np


def softmax(x, axis=-1):
    shift = x - x.max(axis=axis, keepdims=True)
    return shift - np.log(np.exp(shift).sum(axis=axis, keepdims=True))
