import numpy as np

def dropout(x, p, training):
    out = np.array(x, copy=True)
    if training:
        np.copyto(out, 0, where=np.random.rand(*x.shape) < p)
        if p < 1:
            np.divide(out, 1 - p, out=out)
    return out
