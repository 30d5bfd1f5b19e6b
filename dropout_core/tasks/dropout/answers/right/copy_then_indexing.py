import numpy as np

def dropout(x, p, training):
    out = x.copy()
    if training and p > 0:
        drop = np.random.random(x.shape) < p
        out[drop] = 0
        if p < 1:
            out[~drop] /= 1 - p
    return out
