"""A prompt that is named as evaluations of the store call it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dropout_core.task.requirement import Explicitness
from dropout_tui.presenters.launch_form import LaunchForm


def with_stored_prompt(form: LaunchForm, path: Path) -> LaunchForm:
    """The form with the text of the variant that its prompt names, if the store has it. Built-in prompts and files come
    first."""
    name = form.prompt.strip()
    if not name or name in set(Explicitness) or _is_there(name) or not _is_there(str(path)):
        return form
    # Imported only for a name of the user's, to keep the first paint quick.
    from dropout_core.storage.store import Store, StoreUnusable
    from dropout_core.task.unusable import TaskUnusable
    from dropout_core.tasks.chosen import choose_task

    try:
        task = choose_task(form.task).name
        store = Store(path)
    except (TaskUnusable, StoreUnusable):  # said by what needs them
        return form
    try:
        found = next((one for one in store.prompt_variants(task) if one.name == name), None)
    except StoreUnusable:
        return form
    finally:
        store.close()
    if found is None:
        return form
    called = form.prompt_name or found.name
    return replace(form, prompt=found.made_from, prompt_text=found.text, prompt_name=called)


def _is_there(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
