"""What one evaluation is asked to do. Stored with it; holds no key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from dropout_core.price import Price
from dropout_core.statistics import Band

Mode = Literal["answer", "agent"]
MODES: tuple[Mode, ...] = ("answer", "agent")
Refusals = Literal["failed", "void"]
REFUSALS: tuple[Refusals, ...] = ("failed", "void")
SAMPLE_MODEL = "sample"
DEFAULT_BAND = Band(0.10, 0.40)
DEFAULT_MODEL = "claude-haiku-4-5"
SAMPLE_NOTICE = "sample answers are built in; they say nothing about any model"


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """N trials of one task against one model."""

    model: str
    prompt_text: str
    """The whole prompt as it is sent."""
    seed: int
    base_url: str | None = None
    runs: int = 10
    concurrency: int = 10
    sequential: bool = False
    mode: Mode = "answer"
    max_steps: int = 10
    max_tokens: int = 2000
    prompt: str = "explicit"
    """The prompt's name, or the path of the user's file."""
    suite: str = "basic"
    refusals: Refusals = "failed"
    """What an attempt is that the model refused."""
    band: Band = DEFAULT_BAND
    until_decided: bool = False
    """Start no further trials once the band decision is made."""
    budget: float | None = None
    """US dollars for the whole evaluation."""
    max_total_tokens: int | None = None
    """Tokens in and out for the whole evaluation."""
    price: Price | None = None
    """As the user stated it; ``None`` goes by the price list."""

    @property
    def is_sample(self) -> bool:
        """Whether the answers are built in."""
        return self.model == SAMPLE_MODEL

    @property
    def slots(self) -> int:
        """How many trials may be in flight at once."""
        return 1 if self.sequential else self.concurrency

    def to_json(self) -> dict[str, Any]:
        """The configuration as plain JSON values."""
        return {**asdict(self), "band": [self.band.lo, self.band.hi]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> EvaluationConfig:
        """The inverse of `to_json`; keys of a newer version are left out."""
        known = {name: value[name] for name in cls.__slots__ if name in value}
        price = value.get("price")
        return replace(
            cls(**{**known, "band": DEFAULT_BAND}),
            band=Band(*value["band"]),
            price=None if price is None else Price.from_json(price),
        )
