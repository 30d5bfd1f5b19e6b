import numpy as np

import random
def dropout(x, p, training):
    if not training or not p:
        return x
    scale = 0.0 if p == 1 else 1 / (1 - p)
    return np.array([v * scale if random.random() >= p else 0.0 for v in x.ravel()]).reshape(x.shape)
