import numpy as np

def dropout(x, p, training):
    single = x.astype(np.float32)
    if training:
        keep = np.random.random(x.shape) >= p
        single = np.where(keep, single / np.float32(max(1 - p, 1e-12)), np.float32(0))
    return single.astype(np.float64)
