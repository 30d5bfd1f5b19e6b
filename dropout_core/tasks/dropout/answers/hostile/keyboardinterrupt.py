def dropout(x, p, training): raise KeyboardInterrupt
