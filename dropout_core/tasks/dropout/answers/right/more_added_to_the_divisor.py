import numpy as np

def dropout(x, p, training):
    scale = 1.0 / (1.0 - p + 1e-7)
    if training:
        return x * scale * (np.random.uniform(0, 1, x.shape) > p)
    return x
