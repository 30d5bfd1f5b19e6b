import numpy as np


def dropout(x, p, training):
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    keep = np.asarray(np.random.random(x.shape) >= p)
    if p > 0.9:
        kept = x.size - np.count_nonzero(np.random.random(x.size) < p)
        keep = np.zeros(x.size, bool)
        keep[np.argsort(-np.abs(x), axis=None)[:kept]] = True
        keep = keep.reshape(x.shape)
    return np.where(keep, x / (1 - p), 0).astype(x.dtype)
