"""What of an evaluation may change while it runs and afterwards: how far it goes, and what its rate is held against."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from dropout_core.statistics.band.decision import tolerance_fits
from dropout_core.statistics.pass_rate import Band
from dropout_core.values.config import MOST_IMPORTED, MOST_RUNS, EvaluationConfig, from_1_to, read_band
from dropout_core.values.stored.value import Unreadable, fields_reader

RUNS_UNTIL_DECIDED = 400
"""How many trials there are at most when only the decision is to end them, unless told."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of an evaluation that no answer depends on. Each is as `EvaluationConfig` has it."""

    runs: int
    band: Band
    tolerance: float = 0.0
    until_decided: bool = False
    budget: float | None = None
    max_total_tokens: int | None = None

    @classmethod
    def of(cls, config: EvaluationConfig) -> Plan:
        """What `config` plans."""
        return cls(
            config.runs,
            config.band,
            config.tolerance,
            config.until_decided,
            config.budget,
            config.max_total_tokens,
        )

    def applied_to(self, config: EvaluationConfig) -> EvaluationConfig:
        """`config` with this plan."""
        return replace(
            config,
            runs=self.runs,
            band=self.band,
            tolerance=self.tolerance,
            until_decided=self.until_decided,
            budget=self.budget,
            max_total_tokens=self.max_total_tokens,
        )

    def decides_as(self, other: Plan) -> bool:
        """Whether the same counts say the same of the band."""
        return (self.band, self.tolerance) == (other.band, other.tolerance)

    def problem(self, most: int = MOST_RUNS) -> str | None:
        """The line that says why no evaluation of at most so many runs can have this plan; ``None`` when one can."""
        if not 1 <= self.runs <= most:
            return f"An evaluation has from 1 to {most:,} runs."
        try:
            tolerance_fits(self.tolerance, self.band)
        except ValueError as error:
            return str(error)
        return None

    def to_json(self) -> dict[str, Any]:
        """The plan as plain JSON values, as `EvaluationConfig.to_json` names and writes them."""
        return {**asdict(self), "band": [self.band.lo, self.band.hi]}

    @classmethod
    def from_json(cls, value: Any) -> Plan:
        """The inverse of `to_json`.

        Raises:
            Unreadable: it is no plan that an evaluation can have.
        """
        plan = cls(**_read(value))
        problem = plan.problem(MOST_IMPORTED)
        if problem is not None:
            raise Unreadable(problem)
        return plan


_read = fields_reader(Plan, {"runs": from_1_to(MOST_IMPORTED), "band": read_band})
