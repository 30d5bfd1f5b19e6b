def dropout(x, p, training): return x
