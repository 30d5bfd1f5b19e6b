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
    refusal = _refusal(name)
    if refusal is not None:
        complain(f"{name!r} cannot be the name of a new task{refusal}")
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


def _refusal(name: str) -> str | None:
    """Why a function, its task and its file cannot all be called so, and what to do; `None` where they can."""
    if name in BUILT_IN_TASKS:
        return f": a task that comes with the program is called so; give another, such as my_{name}"
    if not name.isidentifier() or keyword.iskeyword(name) or not is_task_name(name):
        return "; give that of the function to write, such as moving_average"
    if name in {*IMPORTED, *sys.stdlib_module_names}:
        return f": its file would hide what Python imports by it; give another, such as my_{name}"
    return None


def _filled(path: Path, name: str) -> str:
    return path.read_text("utf-8").replace(NAME, name)
