import numpy as np

class Dropout:
    def __init__(self, seed=None):
        self._rng = np.random.default_rng(seed)
    def __call__(self, x: np.ndarray, p: float, training: bool) -> np.ndarray:
        if not training or p == 0.0:
            return x
        if p == 1.0:
            return np.zeros_like(x)
        keep = np.asarray(self._rng.random(x.shape) < 1.0 - p)
        return x * (keep.astype(x.dtype) / np.asarray(1.0 - p, dtype=x.dtype))
dropout = Dropout()
