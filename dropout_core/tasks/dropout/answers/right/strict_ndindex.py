import numpy as np

import random
def dropout(x, p, training):
    out = np.array(x, copy=True, order="C")
    if training:
        for place in np.ndindex(x.shape):
            out[place] = x[place] / (1 - p) if random.random() >= p else 0
    return out
