import numpy as np

def dropout(x, p, training=True):
    if not training:
        return np.array(x)
    out = np.zeros_like(x, dtype=float)
    keep = np.random.uniform(size=x.shape) >= p
    out[keep] = x[keep] / (1 - p) if p < 1 else 0
    return out
