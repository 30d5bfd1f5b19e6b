"""Overrides: settings that may change when a stored evaluation is resumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dropout_core.costs.budget import why_none_may_begin
from dropout_core.costs.price_list import price_of
from dropout_core.models import ModelUnusable
from dropout_core.models.retry.user_limits import attempt_seconds
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.pass_rate import Band, Decision
from dropout_core.values.config import MOST_RUNS, EvaluationConfig
from dropout_core.values.plan import RUNS_UNTIL_DECIDED, Plan
from dropout_core.values.price import Price

if TYPE_CHECKING:
    from dropout_core.running.evaluation import Evaluation


class ChangeRefused(ModelUnusable):
    """A setting cannot be changed; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class ResumeOverrides:
    """Changed settings; ``None`` leaves one as it is."""

    base_url: str | None = None
    concurrency: int | None = None
    runs: int | None = None
    """How many there are to be in all."""
    band: Band | None = None
    tolerance: float | None = None
    until_decided: bool = False
    """Whether it goes on until the band is decided, though it was not begun so."""
    budget: float | None = None
    max_total_tokens: int | None = None
    price: Price | None = None
    timeout: str | None = None
    """Time limits of a request, while this program runs it; see `models.retry.user_limits`."""
    tries: int | None = None
    """Tries of a request, while this program runs it."""
    batch_again: bool = False
    """Whether batches of which nothing can be found out are given up, and their requests are asked anew."""
    cancels_batch: bool = False
    """Whether the runs that wait for a batch are cancelled, and nothing else is done."""
    repeats_voids: bool = False
    """Whether void trials are repeated."""

    def plan(self, config: EvaluationConfig) -> Plan:
        """What `config` plans, with these changes."""
        now = Plan.of(config)
        runs = max(now.runs, RUNS_UNTIL_DECIDED) if self.until_decided else now.runs
        return Plan(
            runs=runs if self.runs is None else self.runs,
            band=self.band or now.band,
            tolerance=now.tolerance if self.tolerance is None else self.tolerance,
            until_decided=now.until_decided or self.until_decided,
            budget=now.budget if self.budget is None else self.budget,
            max_total_tokens=now.max_total_tokens if self.max_total_tokens is None else self.max_total_tokens,
        )

    def changes_plan(self, config: EvaluationConfig) -> bool:
        """Whether anything of the plan of `config` would be otherwise, or is asked for that has no effect."""
        asked = (self.runs, self.budget, self.max_total_tokens)
        return (
            self.until_decided
            or any(each is not None for each in asked)
            or self.plan(config) != Plan.of(config)
        )

    def check(self, state: EvaluationState) -> None:
        """Check that an evaluation can be changed like this.

        Raises:
            ChangeRefused: it cannot, or what is asked for would have no effect.
        """
        why = self.plan(state.config).problem(max(MOST_RUNS, state.config.runs)) or self._without_effect(
            state
        )
        if why is not None:
            raise ChangeRefused(why)

    def _without_effect(self, state: EvaluationState) -> str | None:
        now, plan = Plan.of(state.config), self.plan(state.config)
        if plan.runs < now.runs:
            return f"it has {now.runs:,} runs already, and none is taken away; give --runs {now.runs} or more"
        planned = replace(state, config=self.of(state.config))
        more = plan.runs > now.runs
        decided = planned.decision is not Decision.UNDECIDED
        if decided and plan.until_decided and plan.decides_as(now) and (more or self.until_decided):
            rate = f"the rate is decided: {planned.decision}, for the band {plan.band}%"
            return f"{rate}; no further run begins. Another --band or --tolerance decides anew"
        if state.settled and not more and not self._anything_else(state):
            return f"all {now.runs:,} runs have ended; give --runs with more than {now.runs}"
        return self._used_up(planned) if more or not state.settled else None

    def _anything_else(self, state: EvaluationState) -> bool:
        """Whether more is asked for than further runs or money for them."""
        if not self.changes_plan(state.config) or (self.repeats_voids and state.tally.void):
            return True
        return not self.plan(state.config).decides_as(Plan.of(state.config))

    def _used_up(self, planned: EvaluationState) -> str | None:
        if self.budget is None and self.max_total_tokens is None and self.runs is None:
            return None  # what goes on by itself says so when it gets there
        if planned.config.budget is not None:
            planned = replace(planned, price=self.price or planned.price or price_of(planned.config))
        return why_none_may_begin(planned)

    def of(self, config: EvaluationConfig) -> EvaluationConfig:
        """`config` with the settings that concern the model, how far it goes and the cost."""
        return replace(
            self.plan(config).applied_to(config),
            base_url=self.base_url or config.base_url,
            price=self.price or config.price,
            timeout=self.timeout or config.timeout,
            tries=self.tries or config.tries,
        )

    def apply(self, evaluation: Evaluation, config: EvaluationConfig) -> None:
        """Apply the settings to an opened evaluation, before it starts."""
        if self.concurrency is not None:
            evaluation.set_concurrency(self.concurrency)
        if self.price is not None:
            evaluation.set_price(self.price.in_a_batch if config.batch else self.price)
        if self.timeout is not None:
            evaluation.set_attempt_seconds(attempt_seconds(self.of(config).timeout))
        if self.tries is not None:
            evaluation.set_tries(self.tries)
        plan = self.plan(config)
        if plan != Plan.of(config):
            evaluation.change_plan(plan)
