def dropout(x, p, training): raise ValueError(chr(0xD800) + chr(27) + '[2J')
