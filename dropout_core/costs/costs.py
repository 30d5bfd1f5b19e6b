"""What an evaluation has cost, and what it may come to. Pure functions of its state; dollars throughout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price

if TYPE_CHECKING:
    from dropout_core.state.evaluation_state import EvaluationState

BYTES_PER_TOKEN = 3
"""Fewer than English or code has, so that estimates of a prompt err on the dear side."""
OVERHEAD_TOKENS = {"answer": 20, "agent": 700}
"""What a request holds beside the prompt: in agent mode the descriptions of the tools."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An amount of tokens."""

    input: float = 0
    output: float = 0
    cache_read: float = 0
    """Of those that go in, as is `cache_write`."""
    cache_write: float = 0

    @property
    def total(self) -> float:
        """Both together."""
        return self.input + self.output

    def cost(self, price: Price) -> float:
        """In dollars."""
        return price.of(self.input, self.output, cache_read=self.cache_read, cache_write=self.cache_write)

    def times(self, count: float) -> Tokens:
        """So many times as much."""
        return Tokens(
            self.input * count, self.output * count, self.cache_read * count, self.cache_write * count
        )

    def plus(self, other: Tokens) -> Tokens:
        """Both amounts together."""
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


def prompt_tokens(config: EvaluationConfig) -> int:
    """About how many tokens the first request of an attempt holds; rather too many than too few."""
    return len(config.prompt_text.encode(errors="replace")) // BYTES_PER_TOKEN + OVERHEAD_TOKENS[config.mode]


def request_at_most(config: EvaluationConfig) -> Tokens:
    """The first request of an attempt, and the longest reply to it."""
    return Tokens(prompt_tokens(config), config.max_tokens)


def spent(state: EvaluationState) -> Tokens:
    """The tokens of every attempt so far."""
    tally = state.tally
    return Tokens(
        tally.input_tokens,
        tally.output_tokens,
        tally.cache_read_input_tokens,
        tally.cache_creation_input_tokens,
    )


def typical_attempt(state: EvaluationState) -> Tokens | None:
    """The mean of the graded attempts so far; ``None`` before the first.

    Attempts still under way are in what is spent: early on the mean is rather too high than too low.
    """
    return spent(state).times(1 / state.tally.timed) if state.tally.timed else None


def expected(state: EvaluationState) -> Tokens:
    """About what the whole evaluation comes to: what is spent, and a typical attempt for each trial not ended.

    Before the first attempt has ended, the one request that every attempt takes, with the longest reply.
    """
    each = typical_attempt(state) or request_at_most(state.config)
    ended = state.tally.graded + state.tally.void
    return spent(state).plus(each.times(len(state.trials) - ended))


def cost_so_far(state: EvaluationState) -> float | None:
    """In dollars; ``None`` when the model has no known price, which does not mean that it is free."""
    return None if state.price is None else spent(state).cost(state.price)


def expected_cost(state: EvaluationState) -> float | None:
    """About what the whole evaluation comes to, in dollars; ``None`` when the model has no known price."""
    return None if state.price is None else expected(state).cost(state.price)


def dollars(amount: float) -> str:
    """An amount to be read: cents, and below ten cents four digits."""
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.4f}"
