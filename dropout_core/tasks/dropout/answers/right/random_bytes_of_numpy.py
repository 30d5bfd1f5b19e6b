import numpy as np
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.frombuffer(np.random.bytes(4 * x.size), np.uint32).reshape(x.shape) >= p * 2.0**32
    return x * mask / (1 - p)
