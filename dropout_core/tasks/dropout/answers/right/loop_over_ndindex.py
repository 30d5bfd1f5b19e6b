import numpy as np

import random
def dropout(x, p, training):
    if not training:
        return x
    out = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        if random.random() >= p:
            out[index] = x[index] / (1 - p)
    return out
