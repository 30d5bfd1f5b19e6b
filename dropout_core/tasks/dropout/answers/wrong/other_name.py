import numpy as np
def drop_out(x, p, training):
    return x
