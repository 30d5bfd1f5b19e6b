"""Seeds derived from one another, so that an evaluation's seed determines everything below it."""

from __future__ import annotations

import hashlib
import secrets

SEED_BITS = 48
"""Few enough for JSON readers with floating-point numbers, and for typing."""


def fresh_seed() -> int:
    """A random seed."""
    return secrets.randbits(32)


def derived_seed(seed: int, *path: int | str) -> int:
    """Seed of a part: the same for the same `seed` and `path`, unrelated otherwise."""
    text = "/".join(str(part) for part in (seed, *path))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - SEED_BITS)
