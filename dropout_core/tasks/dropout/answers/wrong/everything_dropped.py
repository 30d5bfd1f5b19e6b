def dropout(x, p, training): return x * 0.0
