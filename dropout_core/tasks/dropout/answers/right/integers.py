import numpy as np
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.random.randint(0, 10_000, size=x.shape) >= round(p * 10_000)
    return x * mask / (1 - p)
