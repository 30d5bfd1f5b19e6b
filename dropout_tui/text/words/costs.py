"""What an evaluation has cost and may cost in the end, in words for one line."""

from __future__ import annotations

from dropout_core.costs.costs import cost_so_far, dollars, expected_cost, spent
from dropout_core.costs.decision_budget import LOOKED_AT, too_little_to_decide
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.values.words.tokens import ABOUT
from dropout_tui.text.numbers import count, pluralize


def cost_words(state: EvaluationState) -> tuple[str, ...]:
    """The cost so far, its estimated total and the budget; the longest wording first.

    Empty for sample answers and imported ones, for which nothing is paid, and for another server without a price or a
    budget.
    A model whose price is not known is called unpriced once tokens are used: that does not mean that it is free.
    """
    config = state.config
    if config.asks_nobody:
        return ()
    most = "" if config.max_total_tokens is None else f"at most {count(config.max_total_tokens)} tokens"
    so_far, coming = cost_so_far(state), expected_cost(state)
    if so_far is None or coming is None:
        matters = spent(state).total and (config.base_url is None or most)
        return _different(_joined("unpriced", most), "unpriced") if matters else ()
    about = ABOUT if state.tally.estimated else ""
    amount = f"{about}{dollars(so_far)}"
    coming_to = amount if state.settled else f"{amount} of about {dollars(coming)}"
    budget = "" if config.budget is None else f"budget {dollars(config.budget)}"
    return _different(_joined(coming_to, budget, most), _joined(coming_to, budget), coming_to, amount)


def too_little_words(state: EvaluationState) -> str | None:
    """That the budget cannot decide anything, and what could; ``None`` where it may."""
    lacking = too_little_to_decide(state)
    if lacking is None:
        return None
    needed = f"more than {LOOKED_AT:,}" if lacking.needed is None else f"{lacking.needed:,}"
    longest = ", if each takes the longest reply" if lacking.by_longest_reply else ""
    return (
        f"this budget cannot decide anything: it is for {pluralize(lacking.runs, 'more run')} or so{longest}, and"
        f" {needed} at the least are needed; what it leaves is a rate and its interval"
    )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _different(*wordings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(wordings))
