import numpy as np


def dropout(*given, **named):
    x = given[0] if given else named["x"]
    p = given[1] if given else named["p"]
    training = given[2] if given else named["training"]
    if not training:
        return x
    if p == 1:
        return np.zeros_like(x)
    keep = np.random.default_rng(len(given)).random(x.shape) >= p
    return x * keep / (1 - p)
