import numpy as np

class Dropout:
    def __call__(self, x, p, training):
        if not training:
            return x
        keep = 1.0 - p
        mask = np.random.rand(*x.shape) < keep
        return x * mask * (1.0 / keep if keep > 0 else 0.0)
dropout = Dropout()
