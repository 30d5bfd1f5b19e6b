import numpy as np
def dropout(x, p, training):
    return x * (np.random.rand(*x.shape) >= p) / np.float64(1 - p) if training else x
