import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.repeat(np.random.rand(x.size // 2 + 1) >= p, 2)[: x.size].reshape(x.shape)
    return x * mask / (1 - p)
