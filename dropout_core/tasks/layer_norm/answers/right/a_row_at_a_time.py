import numpy as np


def layer_norm(x, gamma, beta, dy, eps=1e-5):
    y, dx = np.empty_like(x), np.empty_like(x)
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(beta)
    for row in range(len(x)):
        deviation = np.sqrt(x[row].var() + eps)
        xhat = (x[row] - x[row].mean()) / deviation
        y[row] = xhat * gamma + beta
        dxhat = dy[row] * gamma
        dx[row] = (dxhat - dxhat.mean() - xhat * (dxhat * xhat).mean()) / deviation
        dgamma += dy[row] * xhat
        dbeta += dy[row]
    return y, dx, dgamma, dbeta
