import numpy as np

def dropout(x, p, training):
    result = np.empty_like(x)
    result[...] = x
    if not training or p == 0:
        return result
    result *= np.random.uniform(size=x.shape) >= p
    if p < 1:
        result /= 1 - p
    return result
