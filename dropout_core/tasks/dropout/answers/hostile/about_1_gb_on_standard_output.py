import os
def dropout(x, p, training):
    for _ in range(1024):
        os.write(1, b"x" * 2**20)
