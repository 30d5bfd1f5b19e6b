import numpy as np

rng = np.random.default_rng()
def dropout(x, p, training):
    if not training:
        return x
    keep = rng.random(x.shape, dtype=np.float32) > p
    scale = 0.0 if p == 1 else 1.0 / (1.0 - p)
    return (x * keep * scale).astype(x.dtype)
