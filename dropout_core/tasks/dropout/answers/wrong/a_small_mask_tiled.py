import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.resize(np.random.rand(min(x.size, 4096)) >= p, x.shape)
    return x * mask / (1 - p)
