import numpy as np

def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros(x.shape)
    numbers = np.round(np.random.random(x.shape), 1)
    return x * (numbers >= p) / (1 - p)
