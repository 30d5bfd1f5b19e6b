def dropout(x, p, training):
    if not training:
        return x.copy()
    kept = np.asarray(np.random.random(x.shape) >= p)
    out = np.zeros(x.shape, x.dtype)
    if p < 1:
        out[kept] = x[kept] / x.dtype.type(1 - p)
    return out
