import numpy as np

def dropout(x, p, training):
    x = np.asarray(x, dtype=np.float32)
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros(x.shape, np.float32)
    keep = np.float32(1) - np.float32(p)
    mask = np.random.random(x.shape).astype(np.float32) < keep
    return x * mask / keep
