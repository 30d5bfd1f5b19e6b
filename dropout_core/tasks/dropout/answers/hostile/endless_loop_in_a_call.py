def dropout(x, p, training):
    while True: pass
