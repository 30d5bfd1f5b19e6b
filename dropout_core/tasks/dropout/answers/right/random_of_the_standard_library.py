import numpy as np
import random
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.array([random.random() >= p for _ in range(x.size)]).reshape(x.shape)
    return x * mask / (1 - p)
