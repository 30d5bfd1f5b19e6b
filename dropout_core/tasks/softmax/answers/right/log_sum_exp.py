import numpy as np


def softmax(x, axis=-1):
    shift = np.max(x, axis=axis, keepdims=True)
    log_sum = np.log(np.sum(np.exp(x - shift), axis=axis, keepdims=True))
    return np.exp(x - shift - log_sum)
