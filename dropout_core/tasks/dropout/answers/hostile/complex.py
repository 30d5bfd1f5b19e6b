def dropout(x, p, training): return x * (1 + 0j)
