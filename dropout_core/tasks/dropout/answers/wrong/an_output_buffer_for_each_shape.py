import numpy as np

BUFFERS = {}


def dropout(x, p, training):
    out = BUFFERS.get(x.shape)
    if out is None:
        out = BUFFERS[x.shape] = np.empty(x.shape)
    if not training or p == 0:
        np.copyto(out, x)
    elif p == 1:
        out.fill(0)
    else:
        np.multiply(x, np.random.random(x.shape) >= p, out=out)
        out /= 1 - p
    return out
