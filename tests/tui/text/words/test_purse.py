"""What the evaluations of one program have spent and may still spend, in words."""

from __future__ import annotations

import pytest

from dropout_core.costs.purse import Purse
from dropout_core.running.sweep.shared_purse import Amount
from dropout_tui.text.words.purse import spent_words


@pytest.mark.parametrize(
    ("purse", "amount", "words"),
    [
        (Purse(), Amount(), ""),
        (Purse(), Amount(0.0, 900), ""),
        (Purse(), Amount(1.25, 900), "$1.25 spent"),
        (Purse(5.0), Amount(1.25, 900), "$1.25 of $5.00, $3.75 left"),
        (Purse(5.0), Amount(5.25, 900), "$5.25 of $5.00, $0.00 left"),
        (Purse(5.0), Amount(1.25, 900, False), "$1.25 of $5.00, $3.75 left, beside what has no price"),
        (Purse(None, 2_000), Amount(0.0, 900), "900 of 2.0k tokens, 1.1k left"),
        (Purse(5.0, 2_000), Amount(1.25, 2_100), "$1.25 of $5.00, $3.75 left · 2.1k of 2.0k tokens, 0 left"),
    ],
)
def test_spent_and_left(purse: Purse, amount: Amount, words: str) -> None:
    assert spent_words(purse, amount) == words
