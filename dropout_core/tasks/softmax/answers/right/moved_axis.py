import numpy as np


def softmax(x, axis=-1):
    moved = np.moveaxis(x, axis, -1)
    e = np.exp(moved - moved.max(-1)[..., None])
    return np.moveaxis(e / e.sum(-1)[..., None], -1, axis)
