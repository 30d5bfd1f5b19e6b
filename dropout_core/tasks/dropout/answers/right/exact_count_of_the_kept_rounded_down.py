import numpy as np

def dropout(x, p, training):
    if not training:
        return x.copy()
    out = np.zeros(x.shape)
    if p < 1:
        keep = np.random.permutation(x.size)[: int((1 - p) * x.size)]
        out.flat[keep] = x.flat[keep] / (1 - p)
    return out
