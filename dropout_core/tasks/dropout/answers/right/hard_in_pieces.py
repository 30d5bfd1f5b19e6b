import numpy as np

PIECE = 4096


def dropout(x, p, training, rng=None, axes=()):
    if not (p >= 0 and p <= 1):
        raise ValueError("p")
    kind = x.dtype if x.dtype.kind == "f" else np.float64
    out = np.array(x, dtype=kind, order="C")
    if not training:
        return out
    rng = rng or np.random.default_rng()
    if axes:
        shape = tuple(1 if a in axes or a - x.ndim in axes else n for a, n in enumerate(x.shape))
        keep = rng.random(shape) >= p
        return np.where(keep, x.astype(np.float64) / (1 - p or 1), 0).astype(kind)
    flat = out.reshape(-1)
    for start in range(0, flat.size, PIECE):
        piece = flat[start : start + PIECE]
        keep = rng.random(piece.size) >= p
        piece[...] = np.where(keep, piece.astype(np.float64) / (1 - p or 1), 0)
    return out
