import numpy as np
def dropout(x, p, training): return np.ones(10 * 2**27)
