import numpy as np
def dropout(x, p, training): return np.broadcast_to(x, (2**20, *x.shape))
