import numpy as np
def dropout(x, p, training):
    return x * (np.random.rand(*x.shape) >= p) / (1 - p) if training and p < 1 else x
