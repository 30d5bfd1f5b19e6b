"""Sources of randomness of untrusted code.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import os
import random
from typing import Any

_entropy = random.Random(0)
"""Replacement for the system's entropy. Seeded before anything is drawn from it."""
_shared_seed = random.seed


def _urandom(size: int, *_: object) -> bytes:
    return _entropy.randbytes(size)


def _chosen(a: Any) -> Any:
    return _entropy.getrandbits(256) if a is None else a


def _seed(a: Any = None, version: int = 2) -> None:
    _shared_seed(_chosen(a), version)


class _SeededRandom(random.Random):
    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(_chosen(a), version)


_REPLACED: list[tuple[Any, str, Any]] = [
    (os, "urandom", _urandom),
    (os, "getrandom", _urandom),
    (random, "_urandom", _urandom),
    (random, "Random", _SeededRandom),
    (random, "seed", _seed),
]


def follow_from(seed: int) -> None:
    """Make every source of randomness that does not read a clock depend on `seed`.

    Generators made without a seed ask the system for entropy; here it comes from a generator that `seed`
    started. `randbits` is the name under which NumPy's `SeedSequence` does so.
    """
    import numpy.random.bit_generator

    for module, name, value in _REPLACED:
        if hasattr(module, name):
            setattr(module, name, value)
    numpy.random.bit_generator.randbits = _entropy.getrandbits  # type: ignore[attr-defined]
    seed_all(seed)


def seed_all(seed: int) -> None:
    """Seed the entropy, and from it the global generators."""
    import numpy.random

    _entropy.seed(seed)
    numpy.random.seed(_entropy.getrandbits(32))
    _seed()


def start_anew() -> None:
    """Reseed the global generators: in a fork they are where those of every other fork are."""
    import numpy.random

    numpy.random.seed()
    random.seed()
