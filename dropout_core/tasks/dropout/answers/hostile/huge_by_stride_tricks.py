import numpy as np
def dropout(x, p, training): return np.lib.stride_tricks.as_strided(x, (2**40,), (0,))
