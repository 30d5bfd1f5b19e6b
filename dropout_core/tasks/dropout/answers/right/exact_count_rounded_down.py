import numpy as np

def dropout(x, p, training):
    out = x.astype(float).flatten()
    if not training or p == 0:
        return out.reshape(x.shape)
    if p == 1:
        return np.zeros(x.shape)
    out /= 1 - p
    out[np.random.choice(out.size, int(out.size * p), replace=False)] = 0
    return out.reshape(x.shape)
