import sys
sys.setrecursionlimit(10**9)
def deeper(x): return sorted([x], key=deeper)
def dropout(x, p, training): return deeper(1)
