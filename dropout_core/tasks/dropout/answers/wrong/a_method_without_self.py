import numpy as np
class Net:
    def dropout(x, p, training):
        return x
