open('f', 'wb').write(b'x' * 2**28)
def dropout(x, p, training): return x
