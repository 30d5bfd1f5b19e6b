"""Where untrusted code finds its randomness.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import os
import random
from typing import Any


def follow_from(seed: int) -> None:
    """Make every source of randomness that does not read a clock follow from `seed`.

    Generators made without a seed ask the system for entropy; here it comes from a generator that `seed`
    started. `randbits` is the name under which NumPy's `SeedSequence` does so.
    """
    import numpy.random.bit_generator

    entropy = random.Random(seed)
    seed_shared = random.seed

    def urandom(size: int, *_: object) -> bytes:
        return entropy.randbytes(size)

    def chosen(a: Any) -> Any:
        return entropy.getrandbits(256) if a is None else a

    class SeededRandom(random.Random):
        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(chosen(a), version)

    replaced: list[tuple[Any, str, Any]] = [
        (os, "urandom", urandom),
        (os, "getrandom", urandom),
        (random, "_urandom", urandom),
        (random, "Random", SeededRandom),
        (random, "seed", lambda a=None, version=2: seed_shared(chosen(a), version)),
        (numpy.random.bit_generator, "randbits", entropy.getrandbits),
    ]
    for module, name, value in replaced:
        if hasattr(module, name):
            setattr(module, name, value)
    numpy.random.seed(entropy.getrandbits(32))
    random.seed(None)


def start_anew() -> None:
    """Start the global generators anew: in a fork they are where those of every other fork are."""
    import numpy.random

    numpy.random.seed()
    random.seed()
