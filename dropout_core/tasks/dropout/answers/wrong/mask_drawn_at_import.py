import numpy as np
UNIFORM = np.random.rand(150_000)

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.resize(UNIFORM, x.shape) >= p
    return x * mask / (1 - p)
