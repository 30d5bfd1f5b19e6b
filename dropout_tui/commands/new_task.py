"""``dropout-tui new-task NAME``: writes a task file to start from, and answers to audit it with."""

from __future__ import annotations

import keyword
import sys
from os.path import lexists
from pathlib import Path

from dropout_core.task.definition import is_task_name
from dropout_core.values.task_names import BUILT_IN_TASKS
from dropout_tui.command_line.open_store import Complain
from dropout_tui.exit_codes import EXIT_USAGE

TEMPLATES = Path(__file__).parent / "task_template"
NAME = "NAME"
"""The placeholder in the templates for the name of the task."""
IMPORTED = {"np", "numpy", "dropout_core"}
"""What tasks and answers import: the function, or the file, would hide it."""


def write_new_task(name: str, complain: Complain) -> int:
    """Write the file and the folder of answers into the working directory, and print what to do with them."""
    if not _can_be_new(name):
        complain(
            f"{name!r} cannot be the name of a new task; give that of the function to write, such as moving_average"
        )
        return EXIT_USAGE
    file, answers = Path(f"{name}.py"), Path(f"{name}_answers")
    for path in (file, answers):
        if lexists(path):
            complain(f"{path} is there already; give another name, or move it away")
            return EXIT_USAGE
    texts = {file: _filled(TEMPLATES / "task.txt", name)}
    for path in sorted(TEMPLATES.glob("answers/*/*.txt")):
        kind, answer = path.parent.name, path.stem
        texts[answers / kind / f"{answer}.py"] = _filled(path, name)
    texts[answers / "index.toml"] = _filled(TEMPLATES / "answers" / "index.txt", name)
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    except OSError as error:
        complain(f"cannot write {error.filename}: {error.strerror}")
        return EXIT_USAGE
    print(f"{file} is a task; {answers} holds right and wrong answers to it. Change both, and try:")
    for command in ("prompt", "audit", "run --model sample"):
        print(f"  dropout-tui {command} --task {file}")
    return 0


def _can_be_new(name: str) -> bool:
    """Whether a function, its task and its file can be called so, and hide nothing that they need."""
    is_function = name.isidentifier() and not keyword.iskeyword(name) and is_task_name(name)
    return is_function and name not in {*BUILT_IN_TASKS, *IMPORTED, *sys.stdlib_module_names}


def _filled(path: Path, name: str) -> str:
    return path.read_text("utf-8").replace(NAME, name)
