import numpy as np
def dropout(x, rate, train):
    if not train or rate == 0:
        return x
    if rate >= 1:
        return np.zeros_like(x)
    mask = np.random.rand(*x.shape) >= rate
    return x * mask / (1 - rate)
