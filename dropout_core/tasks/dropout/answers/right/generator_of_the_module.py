import numpy as np
rng = np.random.default_rng()
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = rng.random(x.shape) >= p
    return x * mask / (1 - p)
