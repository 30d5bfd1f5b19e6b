import numpy as np

def dropout(x, p, training):
    if not training:
        return x
    return np.vectorize(lambda v: 0.0 if np.random.random() < p else v / (1 - p), otypes=[float])(x)
