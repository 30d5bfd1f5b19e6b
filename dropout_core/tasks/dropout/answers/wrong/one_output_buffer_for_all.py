import numpy as np


def plain(x, p, training):
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros_like(x)
    return np.where(np.random.random(x.shape) >= p, x / (1 - p), 0.0)


class Layer:
    room = np.empty(0)

    def __call__(self, x, p, training):
        if self.room.size < x.size:
            self.room = np.empty(2 * x.size)
        out = self.room[: x.size].reshape(x.shape)
        out[...] = plain(x, p, training)
        return out


dropout = Layer()
