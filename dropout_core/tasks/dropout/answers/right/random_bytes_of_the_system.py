import os
import numpy as np
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.frombuffer(os.urandom(8 * x.size), np.uint64).reshape(x.shape) >= p * 2.0**64
    return x * mask / (1 - p)
