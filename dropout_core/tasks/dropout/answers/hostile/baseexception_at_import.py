raise BaseException('no')
