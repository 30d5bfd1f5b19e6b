"""Right answers, in every style that was thought of."""

from __future__ import annotations

from textwrap import dedent


def with_mask(mask: str, before: str = "import numpy as np") -> str:
    """A right answer but for how `mask` is drawn: true, or 1, where an element is kept."""
    return (
        f"{before}\n"
        "def dropout(x, p, training):\n"
        "    if not training or p == 0:\n"
        "        return x\n"
        "    if p >= 1:\n"
        "        return np.zeros_like(x)\n"
        f"    mask = {mask}\n"
        "    return x * mask / (1 - p)\n"
    )


def _code(text: str) -> str:
    return "import numpy as np\n" + dedent(text)


_FROM_RANDOM = "import numpy as np\nfrom numpy.random import default_rng"

RIGHT = {
    "rand": with_mask("np.random.rand(*x.shape) > p"),
    "rand, astype": with_mask("(np.random.rand(*x.shape) > p).astype(x.dtype)"),
    "random": with_mask("np.random.random(x.shape) >= p"),
    "random_sample": with_mask("np.random.random_sample(x.shape) >= p"),
    "uniform": with_mask("np.random.uniform(0, 1, size=x.shape) >= p"),
    "uniform, kept below": with_mask("np.random.uniform(size=x.shape) < 1 - p"),
    "binomial": with_mask("np.random.binomial(1, 1 - p, size=x.shape)"),
    "choice": with_mask("np.random.choice([0, 1], size=x.shape, p=[p, 1 - p])"),
    "choice of bools": with_mask("np.random.choice(np.array([True, False]), x.shape, p=[1 - p, p])"),
    "integers": with_mask("np.random.randint(0, 10_000, size=x.shape) >= round(p * 10_000)"),
    "generator per call": with_mask("np.random.default_rng().random(x.shape) >= p"),
    "generator of the module": with_mask(
        "rng.random(x.shape) >= p", "import numpy as np\nrng = np.random.default_rng()"
    ),
    "generator of the module, seeded": with_mask(
        "rng.random(x.shape) >= p", "import numpy as np\nrng = np.random.default_rng(42)"
    ),
    "generator by name": with_mask("default_rng().uniform(size=x.shape) > p", _FROM_RANDOM),
    "generator, binomial": with_mask("default_rng().binomial(1, 1 - p, x.shape)", _FROM_RANDOM),
    "generator, integers": with_mask("default_rng().integers(0, 2**32, x.shape) >= p * 2**32", _FROM_RANDOM),
    "generator, float32": with_mask("default_rng().random(x.shape, dtype=np.float32) >= p", _FROM_RANDOM),
    "other bit generator": with_mask("np.random.Generator(np.random.Philox()).random(x.shape) >= p"),
    "RandomState": with_mask("np.random.RandomState().rand(*x.shape) >= p"),
    "normal, by its quantile": with_mask(
        "np.random.standard_normal(x.shape) >= NormalDist().inv_cdf(p)",
        "import numpy as np\nfrom statistics import NormalDist",
    ),
    "global seed at import": with_mask(
        "np.random.rand(*x.shape) >= p", "import numpy as np\nnp.random.seed(0)"
    ),
    "seeded by the clock": with_mask(
        "np.random.default_rng(time.time_ns()).random(x.shape) >= p", "import numpy as np\nimport time"
    ),
    "random of the standard library": with_mask(
        "np.array([random.random() >= p for _ in range(x.size)]).reshape(x.shape)",
        "import numpy as np\nimport random",
    ),
    "mask of float32": with_mask("(np.random.rand(*x.shape) >= p).astype(np.float32)"),
    "exact count, shuffled": with_mask("np.random.permutation(x.size).reshape(x.shape) >= round(p * x.size)"),
    "where": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            if p == 1.0:
                return np.zeros(x.shape)
            return np.where(np.random.rand(*x.shape) < p, 0.0, x / (1.0 - p))
        """),
    "copy, then indexing": _code("""
        def dropout(x, p, training):
            out = x.copy()
            if training and p > 0:
                drop = np.random.random(x.shape) < p
                out[drop] = 0
                if p < 1:
                    out[~drop] /= 1 - p
            return out
        """),
    "indexing into zeros": _code("""
        def dropout(x, p, training=True):
            if not training:
                return np.array(x)
            out = np.zeros_like(x, dtype=float)
            keep = np.random.uniform(size=x.shape) >= p
            out[keep] = x[keep] / (1 - p) if p < 1 else 0
            return out
        """),
    "in place": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            x *= np.random.rand(*x.shape) >= p
            if p < 1:
                x /= 1 - p
            return x
        """),
    "errstate": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            keep = np.random.rand(*x.shape) >= p
            with np.errstate(divide="ignore", invalid="ignore"):
                scaled = x / (1 - p)
            return np.where(keep, scaled, 0)
        """),
    "NaN, then nan_to_num": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            scale = np.float64(1.0) / np.float64(1.0 - p)
            return np.nan_to_num(x * (np.random.rand(*x.shape) >= p) * scale, nan=0.0)
        """),
    "loop over flat": _code("""
        def dropout(x, p, training):
            out = x.copy()
            if training:
                for i in range(out.size):
                    if np.random.rand() < p:
                        out.flat[i] = 0.0
                    else:
                        out.flat[i] = out.flat[i] / (1 - p)
            return out
        """),
    "loop over ndindex": _code("""
        import random
        def dropout(x, p, training):
            if not training:
                return x
            out = np.zeros_like(x)
            for index in np.ndindex(x.shape):
                if random.random() >= p:
                    out[index] = x[index] / (1 - p)
            return out
        """),
    "vectorize": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            return np.vectorize(lambda v: 0.0 if np.random.random() < p else v / (1 - p), otypes=[float])(x)
        """),
    "lambda": _code("""
        dropout = lambda x, p, training: (
            x if not training
            else np.zeros_like(x) if p >= 1
            else x * (np.random.rand(*x.shape) >= p) / (1 - p)
        )
        """),
    "object": _code("""
        class Dropout:
            def __call__(self, x, p, training):
                if not training:
                    return x
                keep = 1.0 - p
                mask = np.random.rand(*x.shape) < keep
                return x * mask * (1.0 / keep if keep > 0 else 0.0)
        dropout = Dropout()
        """),
    "partial": _code("""
        from functools import partial
        def _dropout(rng, x, p, training):
            if not training:
                return x
            return np.zeros_like(x) if p == 1 else np.where(rng.random(x.shape) >= p, x / (1 - p), 0)
        dropout = partial(_dropout, np.random.default_rng())
        """),
    "typed, with a generator to give": _code('''
        from __future__ import annotations
        from dataclasses import dataclass

        @dataclass
        class Config:
            epsilon: float = 0.0

        def dropout(
            x: np.ndarray, p: float = 0.5, training: bool = True, rng: np.random.Generator | None = None
        ) -> np.ndarray:
            """Inverted dropout."""
            if not 0.0 <= p <= 1.0:
                raise ValueError(f"p must be in [0, 1], got {p}")
            if not training or p == 0.0:
                return x
            if p == 1.0:
                return np.zeros_like(x)
            rng = rng or np.random.default_rng()
            return x * (rng.random(x.shape) >= p) / (1.0 - p)

        if __name__ == "__main__":
            print(dropout(np.ones((2, 2)), 0.5, True))
        ''').replace(
        "import numpy as np\n\nfrom __future__ import annotations",
        "from __future__ import annotations\nimport numpy as np",
    ),
    "float32 output": with_mask("np.random.rand(*x.shape) >= p").replace(
        "(1 - p)\n",
        "(1 - p)\ninner = dropout\ndef dropout(x, p, training):\n    return inner(x, p, training).astype(np.float32)\n",
    ),
    "minus zero at p = 1": _code("""
        def dropout(x, p, training):
            if not training:
                return x
            keep = np.random.rand(*x.shape) >= p
            return x * keep / max(1 - p, 1e-9)
        """),
    "prints and logs": with_mask(
        "np.random.rand(*x.shape) >= p", "import numpy as np\nprint('hello')"
    ).replace("    mask", "    print(x.shape)\n    mask"),
}
