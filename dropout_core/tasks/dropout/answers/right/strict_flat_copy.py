import numpy as np

def dropout(x, p, training):
    flat = np.array(x).ravel()
    if training:
        drop = np.random.rand(flat.size) < p
        flat[drop] = 0
        flat[~drop] /= max(1 - p, 1e-300)
    return flat.reshape(x.shape)
