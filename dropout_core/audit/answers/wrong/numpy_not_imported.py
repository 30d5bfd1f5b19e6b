def dropout(x, p, training):
    return np.where(np.random.rand(*x.shape) < p, 0, x / (1 - p))
