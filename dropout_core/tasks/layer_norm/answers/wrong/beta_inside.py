import numpy as np


def layer_norm(x, gamma, beta, dy, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    centred = x - mean
    var = (centred**2).mean(axis=-1, keepdims=True)
    scale = 1 / np.sqrt(var + eps)
    xhat = centred * scale
    y = gamma * (xhat + beta)
    rows = tuple(range(x.ndim - 1))
    dgamma = (dy * xhat).sum(axis=rows)
    dbeta = dy.sum(axis=rows)
    dxhat = dy * gamma
    dx = scale * (dxhat - dxhat.mean(-1, keepdims=True) - xhat * (dxhat * xhat).mean(-1, keepdims=True))
    return y, dx, dgamma, dbeta
