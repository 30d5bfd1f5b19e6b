import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    return np.ma.masked_array(x / (1 - p), mask=np.random.rand(*x.shape) < p).filled(0)
