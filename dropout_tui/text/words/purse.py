"""What the evaluations of one program have spent and may still spend, in words for one line."""

from __future__ import annotations

from dropout_core.costs.costs import dollars
from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.shared_purse import Amount
from dropout_tui.text.numbers import count

HOW_TO_FILL = "B in the list (l) changes it; what waits then goes on by itself."
"""What to do where the common budget lets nothing begin."""


def spent_words(purse: Purse, amount: Amount) -> str:
    """``$0.12 of $5.00, $4.88 left``; empty where nothing was spent that has a limit or a price."""
    parts = []
    if purse.budget is not None:
        left = max(0.0, purse.budget - amount.dollars)
        parts.append(f"{dollars(amount.dollars)} of {dollars(purse.budget)}, {dollars(left)} left")
    elif amount.dollars:
        parts.append(f"{dollars(amount.dollars)} spent")
    if parts and not amount.is_all_priced:
        parts[0] += ", beside what has no price"
    if purse.max_total_tokens is not None:
        used, most = count(int(amount.tokens)), count(purse.max_total_tokens)
        left_of_tokens = count(max(0, purse.max_total_tokens - int(amount.tokens)))
        parts.append(f"{used} of {most} tokens, {left_of_tokens} left")
    return " · ".join(parts)
