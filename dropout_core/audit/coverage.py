"""Coverage of the built-in prompts: whether they ask for everything that is checked."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.task.prompt import assemble, unstated
from dropout_core.task.requirement import Explicitness
from dropout_core.tasks.chosen import ChosenTask
from dropout_core.values.config import MODES, Mode


@dataclass(frozen=True, slots=True)
class PromptGap:
    """Checks that one prompt does not mention."""

    prompt: str
    mode: Mode
    checks: tuple[str, ...]


def prompt_gaps(suite: str, task: ChosenTask | None = None) -> tuple[PromptGap, ...]:
    """Built-in prompts that leave a check of the suite unmentioned.

    Raises:
        UnknownSuite: no suite has this name.
    """
    task = ChosenTask() if task is None else task
    requirements = task.suite(suite)
    gaps = []
    for level in Explicitness:
        for mode in MODES:
            missing = unstated(assemble(requirements, level, mode, opening=task.opening), requirements)
            if missing:
                gaps.append(PromptGap(str(level), mode, tuple(requirement.id for requirement in missing)))
    return tuple(gaps)
