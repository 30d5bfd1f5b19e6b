dropout = 0.5
