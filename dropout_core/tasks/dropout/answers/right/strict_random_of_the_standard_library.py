import numpy as np

import random
def dropout(x, p, training):
    if not training:
        return x
    kept = np.array([random.random() >= p for _ in range(x.size)], dtype=bool).reshape(x.shape)
    scale = 1 / (1 - p) if p < 1 else 0
    return np.asarray(kept * x * x.dtype.type(scale), dtype=x.dtype)
