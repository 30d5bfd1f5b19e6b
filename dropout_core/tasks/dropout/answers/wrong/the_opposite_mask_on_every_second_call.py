import numpy as np

old = {}
def kept(shape, p):
    u = 1 - old.pop(shape) if shape in old else old.setdefault(shape, np.random.rand(*shape))
    return u >= p

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = kept(x.shape, p)
    return x * mask / (1 - p)
