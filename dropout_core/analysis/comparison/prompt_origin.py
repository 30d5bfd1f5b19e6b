"""What a person changed in a built-in prompt."""

from __future__ import annotations

from dropout_core.task.prompt_variants import diff_of_prompts
from dropout_core.task.requirement import Explicitness, UnknownSuite
from dropout_core.task.unusable import TaskUnusable
from dropout_core.tasks.chosen import task_of
from dropout_core.values.config import EvaluationConfig


def built_in_origin(config: EvaluationConfig) -> str | None:
    """The built-in prompt that the evaluation's was made from, as it is now; ``None`` where there is none."""
    if config.prompt_from not in set(Explicitness):
        return None
    try:
        return task_of(config).prompt(config.prompt_from, config.suite, config.mode)
    except (TaskUnusable, UnknownSuite):
        return None


def changes_to_prompt(number: int, config: EvaluationConfig) -> tuple[str, ...]:
    """A unified diff of that prompt and the evaluation's; empty where there is none."""
    before = built_in_origin(config)
    if before is None:
        return ()
    return diff_of_prompts(before, config.prompt_text, str(config.prompt_from), f"#{number} {config.prompt}")
