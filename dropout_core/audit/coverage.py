"""Coverage of the built-in prompts: whether they ask for everything that is checked."""

from __future__ import annotations

from dataclasses import dataclass

from dropout_core.task.definition import Task
from dropout_core.task.prompt import unmentioned
from dropout_core.task.requirement import Explicitness
from dropout_core.task.sources.loading import load_task
from dropout_core.values.config import MODES, Mode
from dropout_core.values.task_names import DROPOUT


@dataclass(frozen=True, slots=True)
class PromptGap:
    """Checks that one prompt does not mention."""

    prompt: str
    mode: Mode
    checks: tuple[str, ...]


def prompt_gaps(suite: str, task: Task | None = None) -> tuple[PromptGap, ...]:
    """The built-in prompts that leave a check of the suite unsaid; none, when all is well.

    Raises:
        UnknownSuite: no suite has this name.
    """
    task = load_task(DROPOUT) if task is None else task
    requirements = task.suite(suite)
    gaps = []
    for level in Explicitness:
        for mode in MODES:
            missing = unmentioned(task.prompt(level, suite, mode), requirements)
            if missing:
                gaps.append(PromptGap(str(level), mode, tuple(requirement.id for requirement in missing)))
    return tuple(gaps)
