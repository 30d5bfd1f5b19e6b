import numpy as np


def dropout(x, p, training):
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    half = np.random.random((x.size + 1) // 2)
    numbers = np.concatenate([half, half[::-1][x.size % 2 :]])
    return x * (numbers.reshape(x.shape) >= p) / (1 - p)
