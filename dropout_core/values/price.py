"""Price of a model's tokens."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from dropout_core.values.stored.value import fields_reader

STATED = "stated"
MILLION = 1_000_000
HALVED = ", half of it in a batch"
"""End of the origin of a price that holds in a batch."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    source: str = STATED
    """Origin of the price: the user (``stated``), or the price list and its version."""
    cache_read: float | None = None
    """Price of input read from a cache; ``None``, as for `cache_write`, is that of other input."""
    cache_write: float | None = None

    @property
    def in_a_batch(self) -> Price:
        """The price of the same tokens in a batch, which is half."""
        read, written = (None if each is None else each / 2 for each in (self.cache_read, self.cache_write))
        return Price(self.input / 2, self.output / 2, f"{self.source}{HALVED}", read, written)

    @classmethod
    def parse(cls, text: str) -> Price:
        """Parse ``IN,OUT``, such as ``1,5``.

        Raises:
            ValueError: with one line that says what to write.
        """
        try:
            given, produced = (float(part) for part in text.split(","))
        except ValueError:
            given = produced = math.nan
        if not (0 <= given < math.inf and 0 <= produced < math.inf):
            raise ValueError(
                f"{text!r} is not a price; write dollars per million tokens in and out, such as 1,5"
            )
        return cls(given, produced)

    def of(
        self,
        input_tokens: float,
        output_tokens: float,
        *,
        cache_read: float = 0.0,
        cache_write: float = 0.0,
    ) -> float:
        """Cost of these tokens in dollars; those of the cache are part of the input tokens."""
        by_cache = 0.0
        for tokens, price in ((cache_read, self.cache_read), (cache_write, self.cache_write)):
            by_cache += 0.0 if price is None else (price - self.input) * tokens
        return (self.input * input_tokens + self.output * output_tokens + by_cache) / MILLION

    def __str__(self) -> str:
        return f"${self.input:g} in, ${self.output:g} out per million tokens"

    def to_json(self) -> dict[str, Any]:
        """The price as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Price:
        """The inverse of `to_json`."""
        return cls(**_read(value))


_read = fields_reader(Price, {})
