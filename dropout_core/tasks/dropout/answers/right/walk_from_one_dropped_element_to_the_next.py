import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    out = (x / (1 - p)).ravel()
    place = np.random.geometric(p) - 1
    while place < out.size:
        out[place] = 0
        place += np.random.geometric(p)
    return out.reshape(x.shape)
