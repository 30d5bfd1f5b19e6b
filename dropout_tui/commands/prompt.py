"""``dropout-tui prompt``: prints what a model would be asked."""

from __future__ import annotations

from collections.abc import Callable

from dropout_core.values.config import EvaluationConfig


def print_prompt(config: EvaluationConfig, complain: Callable[[str], None]) -> int:
    """Print the prompt as it is sent, and complain of the checks that it does not state."""
    print(config.prompt_text, flush=True)
    if config.unasked:
        complain(f"suite {config.asked} checks what this prompt does not state: {', '.join(config.unasked)}")
    return 0
