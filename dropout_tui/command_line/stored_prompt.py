"""Prompts that are named as evaluations of the store call them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm, Problems

if TYPE_CHECKING:
    from dropout_core.task.prompt_variants import PromptVariant


class StoredPrompts:
    """The variants of prompts in a store, each task's read when a form first names one."""

    def __init__(self, path: Path) -> None:
        """`path` is that of the store, which need not be there."""
        self._path = path
        self._of: dict[str, tuple[PromptVariant, ...]] = {}

    def filled(self, form: LaunchForm) -> LaunchForm:
        """The form with the text of the variant that its prompt names, if the store has it. Built-in prompts and files
        come first."""
        if not _names_a_variant(form):
            return form
        found = next((one for one in self.of(form.task) if one.name == form.prompt.strip()), None)
        if found is None:
            return form
        called = form.prompt_name or found.name
        return replace(form, prompt=found.made_from, prompt_text=found.text, prompt_name=called)

    def parsed(self, form: LaunchForm) -> EvaluationConfig | Problems:
        """The configuration of the filled form, or its problems: for a name that there is not, with those there are."""
        from dropout_tui.presenters.launch.parsing import parse

        form = self.filled(form)
        return parse(form, [one.name for one in self.of(form.task)] if _names_a_variant(form) else ())

    def of(self, task: str) -> tuple[PromptVariant, ...]:
        """Those of a task, the newest first; none where there is no such task or no store."""
        if task not in self._of:
            self._of[task] = self._read(task)
        return self._of[task]

    def _read(self, task: str) -> tuple[PromptVariant, ...]:
        if not _is_there(str(self._path)):
            return ()
        # Imported only for a name of the user's, to keep the first paint quick.
        from dropout_core.storage.store import Store, StoreUnusable
        from dropout_core.task.unusable import TaskUnusable
        from dropout_core.tasks.chosen import choose_task

        try:
            name = choose_task(task).name
            store = Store(self._path)
        except (TaskUnusable, StoreUnusable):  # said by what needs them
            return ()
        try:
            return store.prompt_variants(name)
        except StoreUnusable:
            return ()
        finally:
            store.close()


def _names_a_variant(form: LaunchForm) -> bool:
    from dropout_core.task.requirement import Explicitness

    name = form.prompt.strip()
    return not form.prompt_text and bool(name) and name not in set(Explicitness) and not _is_there(name)


def _is_there(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
