import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.random(x.shape) >= p
    return np.where(keep, np.lib.stride_tricks.as_strided(x, x.shape, np.empty(x.shape, x.dtype).strides) / (1 - p) if min(x.strides, default=1) > 0 else x / (1 - p), 0).astype(x.dtype)
