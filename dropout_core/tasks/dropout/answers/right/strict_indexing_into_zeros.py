import numpy as np

rng = np.random.default_rng()
def dropout(x, p, training):
    out = np.zeros_like(x)
    keep = np.asarray(rng.random(x.shape) >= p) if training else np.ones(x.shape, bool)
    out[keep] = x[keep] / (1 - p) if training and p < 1 else x[keep]
    return out
