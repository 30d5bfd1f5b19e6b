"""What may be otherwise when a stored evaluation goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dropout_core.running.evaluation import Evaluation
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price


@dataclass(frozen=True, slots=True)
class ResumeOverrides:
    """``None`` leaves a thing as it is."""

    base_url: str | None = None
    concurrency: int | None = None
    budget: float | None = None
    max_total_tokens: int | None = None
    price: Price | None = None
    repeats_voids: bool = False
    """Whether void trials are made anew."""

    def of(self, config: EvaluationConfig) -> EvaluationConfig:
        """`config` with what concerns who answers and what it costs."""
        return replace(
            config,
            base_url=self.base_url or config.base_url,
            budget=config.budget if self.budget is None else self.budget,
            max_total_tokens=config.max_total_tokens
            if self.max_total_tokens is None
            else self.max_total_tokens,
            price=self.price or config.price,
        )

    def apply(self, evaluation: Evaluation, config: EvaluationConfig) -> None:
        """Tell an evaluation that has been opened, before it starts."""
        changed = self.of(config)
        if self.concurrency is not None:
            evaluation.set_concurrency(self.concurrency)
        if self.price is not None:
            evaluation.set_price(self.price)
        evaluation.set_budget(changed.budget, changed.max_total_tokens)
