import signal
def raising(*_): raise RuntimeError("interrupted")
signal.signal(signal.SIGALRM, raising)
signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
def dropout(x, p, training): return x
