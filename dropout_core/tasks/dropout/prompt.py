"""The prompt of an evaluation: a built-in one, or the user's file."""

from __future__ import annotations

from collections.abc import Sequence

from dropout_core.task.prompt import Clause, Prompt, Prompted, assemble
from dropout_core.task.requirement import Explicitness
from dropout_core.tasks.dropout import suite_named
from dropout_core.values.config import Mode
from dropout_core.values.text_file import read_text


def load_prompt(choice: str, *, suite: str, mode: Mode, task: Prompted | None = None) -> Prompt:
    """The prompt called `choice`: one of the built-in levels, or else the file at that path, as it is. The task is
    dropout unless another is given.

    Raises:
        TextUnreadable: with one line that says what to do.
        UnknownSuite: the task has no suite of this name.
    """
    requirements: Sequence[Clause] = suite_named(suite) if task is None else task.suite(suite)
    if choice in set(Explicitness):
        if task is not None and task.whole_prompt is not None:
            return Prompt(choice, task.whole_prompt)
        level = Explicitness(choice)
        return Prompt(
            choice, assemble(requirements, level, mode, opening=None if task is None else task.opening)
        )
    levels = ", ".join(Explicitness)
    text = read_text(choice, what="prompt", remedy=f"give one of {levels}, or the path of a text file")
    return Prompt(choice, text)
