import numpy as np


class _Dropout:
    def __call__(self, x, p, training, rng=None, axes=None):
        self._check(p)
        dtype = np.result_type(x.dtype, np.float16) if x.dtype.kind == "f" else np.dtype("f8")
        if not training or p == 0:
            return x.astype(dtype)
        keep = self._mask(x.shape, p, rng, axes)
        if dtype == np.float16:
            return np.asarray(x.astype("f4") * keep / np.float32(1 - p) if p < 1 else x * 0, dtype=dtype)
        result = np.array(x, dtype=dtype)
        result *= keep
        if p < 1:
            result /= 1 - p
        return result

    @staticmethod
    def _check(p):
        try:
            assert 0 <= p <= 1
        except AssertionError:
            raise ValueError(f"bad rate: {p}") from None

    @staticmethod
    def _mask(shape, p, rng, axes):
        shape = np.array(shape, dtype=np.intp)
        if axes is not None:
            np.put(shape, [axis % len(shape) for axis in axes], 1)
        return np.asarray((rng or np.random.default_rng()).random(tuple(shape)) >= p)


dropout = _Dropout()
