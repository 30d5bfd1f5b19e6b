import numpy as np
parts = []
while True: parts.append(np.ones(2**25))
