import numpy as np

def dropout(x, p, training):
    q = 1 - p
    u = np.random.rand(*x.shape)
    return np.select([np.full(x.shape, not training), u >= p], [x, x / q if q else x], 0.0)
