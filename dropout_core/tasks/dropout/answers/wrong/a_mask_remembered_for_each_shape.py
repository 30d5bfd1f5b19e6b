import numpy as np

masks = {}
def kept(shape, p):
    return masks.setdefault((shape, p), np.random.rand(*shape) >= p)

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = kept(x.shape, p)
    return x * mask / (1 - p)
