def dropout(x, p, training):
    raise NotImplementedError
