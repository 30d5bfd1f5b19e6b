"""What tokens of a model cost."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

STATED = "stated"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    source: str = STATED
    """Who says so: the user (``stated``), or the price list and its version."""

    @classmethod
    def parse(cls, text: str) -> Price:
        """Read ``IN,OUT``, such as ``1,5``.

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

    def of(self, input_tokens: float, output_tokens: float) -> float:
        """What so many tokens cost, in dollars."""
        return (self.input * input_tokens + self.output * output_tokens) / MILLION

    def __str__(self) -> str:
        return f"${self.input:g} in, ${self.output:g} out per million tokens"

    def to_json(self) -> dict[str, Any]:
        """The price as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Price:
        """The inverse of `to_json`."""
        return cls(value["input"], value["output"], value["source"])
