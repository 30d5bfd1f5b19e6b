import random
import numpy as np
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    random.seed(1)
    mask = np.array([random.random() >= p for _ in range(x.size)]).reshape(x.shape)
    return x * mask / (1 - p)
