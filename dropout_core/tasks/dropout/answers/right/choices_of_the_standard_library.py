import random
import numpy as np
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.array(random.choices([0.0, 1.0], [p, 1 - p], k=x.size)).reshape(x.shape)
    return x * mask / (1 - p)
