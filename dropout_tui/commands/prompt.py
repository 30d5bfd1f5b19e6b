"""``dropout-tui prompt``: prints what a model would be asked."""

from __future__ import annotations

from dropout_core.values.config import EvaluationConfig


def print_prompt(config: EvaluationConfig) -> int:
    """Print the prompt as it is sent."""
    print(config.prompt_text)
    return 0
