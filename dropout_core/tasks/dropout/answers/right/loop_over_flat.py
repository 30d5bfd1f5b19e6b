import numpy as np

def dropout(x, p, training):
    out = x.copy()
    if training:
        for i in range(out.size):
            if np.random.rand() < p:
                out.flat[i] = 0.0
            else:
                out.flat[i] = out.flat[i] / (1 - p)
    return out
