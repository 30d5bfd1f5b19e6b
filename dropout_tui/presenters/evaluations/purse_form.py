"""The common budget of the program's evaluations as it is typed, and its way back to one."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.costs.purse import Purse
from dropout_core.values.config import SAMPLE_MODEL, EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm, Problems
from dropout_tui.presenters.launch.parsing import parse


@dataclass(frozen=True, slots=True)
class PurseForm:
    """The fields as they were typed, as `LaunchForm` has them; empty is no limit."""

    budget: str = ""
    max_total_tokens: str = ""

    @classmethod
    def of(cls, purse: Purse) -> PurseForm:
        """The form that asks for `purse`."""
        dollars, tokens = purse.budget, purse.max_total_tokens
        return cls("" if dollars is None else f"{dollars:g}", "" if tokens is None else str(tokens))


def parse_purse(form: PurseForm) -> Purse | Problems:
    """The purse that `form` asks for, or what is wrong with it, by field; as for one evaluation."""
    parsed = parse(LaunchForm(SAMPLE_MODEL, budget=form.budget, max_total_tokens=form.max_total_tokens))
    if isinstance(parsed, EvaluationConfig):
        return Purse(parsed.budget, parsed.max_total_tokens)
    return parsed
