import numpy as np

def kept(shape, p):
    if len(shape) != 2:
        return np.random.rand(*shape) >= p
    small = np.random.rand((shape[0] + 1) // 2, (shape[1] + 1) // 2) >= p
    return np.kron(small, np.ones((2, 2)))[: shape[0], : shape[1]]

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = kept(x.shape, p)
    return x * mask / (1 - p)
