"""``dropout-tui prompt``: prints what a model would be asked, or which prompts there are to be named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.task.requirement import Explicitness
from dropout_core.values.config import EvaluationConfig


def print_prompt(config: EvaluationConfig, complain: Callable[[str], None]) -> int:
    """Print the prompt as it is sent, and complain of the checks that it does not state."""
    print(config.prompt_text, flush=True)
    if config.unasked:
        complain(f"suite {config.asked} checks what this prompt does not state: {', '.join(config.unasked)}")
    return 0


def list_prompts(stored: Sequence[PromptVariant]) -> int:
    """Print the names that ``--prompt`` takes: the built-in prompts, and the variants that are stored."""
    print(*Explicitness, *(one.name for one in stored), sep="\n", flush=True)
    return 0
