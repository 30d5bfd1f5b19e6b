"""The plan of an evaluation as it is typed, and its way back to one; what is refused is as when it is set up."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.values.config import SAMPLE_MODEL, EvaluationConfig
from dropout_core.values.plan import Plan
from dropout_tui.presenters.launch.form import LaunchForm, Problems, form_of
from dropout_tui.presenters.launch.parsing import parse


@dataclass(frozen=True, slots=True)
class PlanForm:
    """The fields as they were typed, as `LaunchForm` has them."""

    runs: str
    band: str
    tolerance: str
    until_decided: bool
    budget: str
    max_total_tokens: str

    @classmethod
    def of(cls, config: EvaluationConfig) -> PlanForm:
        """The form that asks for what `config` plans."""
        form = form_of(config)
        return cls(
            form.runs,
            form.band,
            form.tolerance,
            form.until_decided,
            form.budget,
            form.max_total_tokens,
        )


def parse_plan(form: PlanForm, now: Plan) -> Plan | Problems:
    """The plan that `form` asks for in the place of `now`, or what is wrong with it, by field."""
    parsed = parse(
        LaunchForm(
            SAMPLE_MODEL,
            runs=form.runs,
            band=form.band,
            tolerance=form.tolerance,
            until_decided=form.until_decided,
            budget=form.budget,
            max_total_tokens=form.max_total_tokens,
        )
    )
    if not isinstance(parsed, EvaluationConfig):
        return parsed
    if parsed.runs < now.runs:
        return {"runs": f"there are {now.runs:,} already, and none is taken away; give {now.runs:,} or more"}
    return Plan.of(parsed)
