import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    scale = np.float64(1.0) / np.float64(1.0 - p)
    return np.nan_to_num(x * (np.random.rand(*x.shape) >= p) * scale, nan=0.0)
