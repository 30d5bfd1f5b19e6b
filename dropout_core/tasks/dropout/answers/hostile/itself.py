def dropout(x, p, training): return dropout
