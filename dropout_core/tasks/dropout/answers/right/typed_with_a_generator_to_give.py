from __future__ import annotations
import numpy as np
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
