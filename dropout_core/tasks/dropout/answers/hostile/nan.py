import numpy as np
def dropout(x, p, training): return x * np.nan
