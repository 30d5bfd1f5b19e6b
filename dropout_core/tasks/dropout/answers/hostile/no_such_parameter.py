def dropout(x, rate, training): return x
