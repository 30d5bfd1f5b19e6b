import numpy as np
seeds = np.random.SeedSequence()
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p >= 1:
        return np.zeros_like(x)
    mask = np.random.Generator(np.random.PCG64(seeds.spawn(1)[0])).random(x.shape) >= p
    return x * mask / (1 - p)
