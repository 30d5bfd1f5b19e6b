import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    out = x / (1 - p) if p != 1 else x.copy()
    np.putmask(out, np.random.uniform(size=x.shape) < p, 0)
    return out
