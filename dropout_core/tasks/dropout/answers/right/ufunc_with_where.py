import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    keep = np.random.random(x.shape) >= p
    return np.divide(x, 1 - p, out=np.zeros_like(x), where=keep)
