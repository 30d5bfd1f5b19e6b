class Dropout:
    generator = numpy.random.default_rng()

    def __call__(self, x, p, training):
        if not training:
            return x
        if p >= 1:
            return numpy.zeros(x.shape)
        return x * (self.generator.uniform(size=x.shape) >= p) / (1 - p)


dropout = Dropout()
