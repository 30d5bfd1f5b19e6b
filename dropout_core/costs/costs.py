"""Cost of an evaluation, so far and expected; pure functions of its state, in dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price

if TYPE_CHECKING:
    from dropout_core.state.evaluation_state import EvaluationState

BYTES_PER_TOKEN = 3
"""Lower than for English or code, so that prompts are estimated rather too high."""
OVERHEAD_TOKENS = {"answer": 20, "agent": 700}
"""Tokens of a request besides the prompt: in agent mode the descriptions of the tools."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An amount of tokens."""

    input: float = 0
    output: float = 0
    cache_read: float = 0
    """Part of the input tokens, as is `cache_write`."""
    cache_write: float = 0

    @property
    def total(self) -> float:
        """Input and output together."""
        return self.input + self.output

    def cost(self, price: Price) -> float:
        """Cost in dollars."""
        return price.of(self.input, self.output, cache_read=self.cache_read, cache_write=self.cache_write)

    def times(self, count: float) -> Tokens:
        """A multiple of the amount."""
        return Tokens(
            self.input * count, self.output * count, self.cache_read * count, self.cache_write * count
        )

    def plus(self, other: Tokens) -> Tokens:
        """Sum of both amounts."""
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


def prompt_tokens(config: EvaluationConfig) -> int:
    """Estimated tokens of an attempt's first request; rather too many than too few."""
    return len(config.prompt_text.encode(errors="replace")) // BYTES_PER_TOKEN + OVERHEAD_TOKENS[config.mode]


def request_at_most(config: EvaluationConfig) -> Tokens:
    """Most tokens of an attempt's first request: the prompt and the longest reply."""
    return Tokens(prompt_tokens(config), config.max_tokens)


def spent(state: EvaluationState) -> Tokens:
    """Tokens of all attempts so far."""
    tally = state.tally
    return Tokens(
        tally.input_tokens,
        tally.output_tokens,
        tally.cache_read_input_tokens,
        tally.cache_creation_input_tokens,
    )


def typical_attempt(state: EvaluationState) -> Tokens | None:
    """Mean tokens of the graded attempts; ``None`` before the first.

    Tokens of attempts in flight are included, so early on the mean is rather too high than too low.
    """
    return spent(state).times(1 / state.tally.timed) if state.tally.timed else None


def expected(state: EvaluationState) -> Tokens:
    """Expected tokens of the whole evaluation: those spent, and a typical attempt for each trial not ended.

    Before the first attempt has ended, the one request that every attempt takes, with the longest reply.
    """
    each = typical_attempt(state) or request_at_most(state.config)
    ended = state.tally.graded + state.tally.void
    return spent(state).plus(each.times(len(state.trials) - ended))


def cost_so_far(state: EvaluationState) -> float | None:
    """Cost in dollars; ``None`` when the model's price is not known, which does not mean that it is free."""
    return None if state.price is None else spent(state).cost(state.price)


def expected_cost(state: EvaluationState) -> float | None:
    """Expected cost of the whole evaluation in dollars; ``None`` when the model's price is not known."""
    return None if state.price is None else expected(state).cost(state.price)


def in_dollars(state: EvaluationState, tokens: Tokens) -> float:
    """What tokens cost at the price of an evaluation, as far as that is known."""
    return 0.0 if state.price is None else tokens.cost(state.price)


def total_of(_: EvaluationState, tokens: Tokens) -> float:
    """Tokens as what counts in a limit of tokens."""
    return tokens.total


def dollars(amount: float) -> str:
    """A dollar amount as text: cents, and four digits below ten cents."""
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.4f}"
