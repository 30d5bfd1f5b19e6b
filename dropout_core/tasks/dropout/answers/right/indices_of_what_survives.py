import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    flat = x.ravel()
    survivors = np.flatnonzero(np.random.random(flat.size) >= p)
    out = np.zeros(flat.size)
    out[survivors] = flat[survivors] / (1 - p) if survivors.size else 0
    return out.reshape(x.shape)
