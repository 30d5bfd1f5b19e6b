import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    dropped = np.random.random(x.shape) < p
    return np.ma.array(x / (1 - p) if p < 1 else x, mask=dropped)
