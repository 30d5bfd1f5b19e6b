"""What is graded: right answers in different styles, and a wrong one that shows that the checks are made."""

from __future__ import annotations

WITH_WHERE = """
import numpy as np

def dropout(x, p=0.5, training=True):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return np.where(np.random.rand(*x.shape) < p, 0.0, x / (1 - p))
"""

WITH_GENERATOR = """
import numpy as np

def dropout(x: np.ndarray, p: float = 0.5, training: bool = True) -> np.ndarray:
    if not training or p == 0.0:
        return x.copy()
    if p >= 1.0:
        return np.zeros_like(x)
    mask = np.random.default_rng().random(x.shape) >= p
    return x * mask / (1.0 - p)
"""

WITH_BINOMIAL = """
import numpy as np

def dropout(x, p=0.5, training=True):
    if not training:
        return x
    keep = 1 - p
    if keep == 0:
        return np.zeros(x.shape)
    return x * np.random.binomial(1, keep, size=x.shape) / keep
"""

UNSCALED = """
import numpy as np

def dropout(x, p=0.5, training=True):
    return x * (np.random.rand(*x.shape) >= p) if training else x
"""

RIGHT = (WITH_WHERE, WITH_GENERATOR, WITH_BINOMIAL)
WRONG = UNSCALED
