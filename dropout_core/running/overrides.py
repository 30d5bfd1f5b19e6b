"""Overrides: settings that may change when a stored evaluation is resumed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dropout_core.models import ModelUnusable
from dropout_core.running.evaluation import Evaluation
from dropout_core.statistics.band_decision import tolerance_fits
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price


class ChangeRefused(ModelUnusable):
    """A setting cannot be changed; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class ResumeOverrides:
    """Changed settings; ``None`` leaves one as it is."""

    base_url: str | None = None
    concurrency: int | None = None
    budget: float | None = None
    max_total_tokens: int | None = None
    price: Price | None = None
    tolerance: float | None = None
    repeats_voids: bool = False
    """Whether void trials are repeated."""

    def check(self, config: EvaluationConfig) -> None:
        """Check that `config` can be changed like this.

        Raises:
            ChangeRefused: it cannot.
        """
        try:
            tolerance_fits(self.of(config).tolerance, config.band)
        except ValueError as error:
            raise ChangeRefused(str(error)) from None

    def of(self, config: EvaluationConfig) -> EvaluationConfig:
        """`config` with the settings that concern the model, the cost and the band decision."""
        return replace(
            config,
            base_url=self.base_url or config.base_url,
            budget=config.budget if self.budget is None else self.budget,
            max_total_tokens=config.max_total_tokens
            if self.max_total_tokens is None
            else self.max_total_tokens,
            price=self.price or config.price,
            tolerance=config.tolerance if self.tolerance is None else self.tolerance,
        )

    def apply(self, evaluation: Evaluation, config: EvaluationConfig) -> None:
        """Apply the settings to an opened evaluation, before it starts."""
        changed = self.of(config)
        if self.concurrency is not None:
            evaluation.set_concurrency(self.concurrency)
        if self.price is not None:
            evaluation.set_price(self.price)
        evaluation.set_tolerance(changed.tolerance)
        evaluation.set_budget(changed.budget, changed.max_total_tokens)
