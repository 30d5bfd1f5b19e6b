"""Loading a task by its name, or from the file that defines it.

A task file is the user's own code and is trusted like a test file: it is run only where the user names it.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType

from dropout_core.task.definition import Task
from dropout_core.task.requirement import TaskInvalid
from dropout_core.task.sources.installed import installed_task, installed_tasks, is_installed
from dropout_core.task.sources.line_of_error import line_of
from dropout_core.task.sources.named_files import name_task_file
from dropout_core.task.unusable import TaskUnusable
from dropout_core.values.task_names import BUILT_IN_TASKS

TASK_FILE = "task.py"
"""Task file in a folder that is given as a task."""


def load_task(name_or_path: str | Path) -> Task:
    """A built-in or an installed task by its name, or the `task` of a Python file, which is run, or a folder with a
    prompt and a grader (see `grader_folder`): whoever calls this names it.

    Raises:
        TaskUnusable: with one line that says what to do.
    """
    text = str(name_or_path)
    if text in BUILT_IN_TASKS:
        module = import_module(f"dropout_core.tasks.{text}")
        return _located(module.task, Path(str(module.__file__)), built_in=True)
    if not text.strip():
        raise TaskUnusable(f"the task is empty; {_choice()}")
    if is_installed(text):
        task, file = installed_task(text)
        return task if file is None else _located(task, file, built_in=True)
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            from dropout_core.task.sources.grader_folder import missing_in, read_folder

            if not (path / TASK_FILE).exists():
                missing = missing_in(path)
                if missing:
                    raise TaskUnusable(
                        f"the folder {text!r} lacks {' and '.join(missing)}; a task is {TASK_FILE},"
                        " or prompt.txt and grader.py"
                    )
                name_task_file(path)
                return read_folder(path)
            path /= TASK_FILE
        if not path.exists() and path.suffix != ".py" and len(path.parts) == 1:
            beside = path.with_name(f"{path.name}.py")
            what_to_do = f"there is {beside}: give its whole name" if beside.is_file() else _choice()
            raise TaskUnusable(f"unknown task {text!r}; {what_to_do}")
        source = path.read_bytes()
    except FileNotFoundError:
        raise TaskUnusable(f"there is no file {str(path)!r}; {_choice()}") from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, TaskUnusable):
            raise
        raise TaskUnusable(
            f"cannot read the task file {text!r}: {getattr(error, 'strerror', None) or error}"
        ) from None
    name_task_file(path)
    return _from_file(path.absolute(), text, source)


def _choice() -> str:
    names = [*BUILT_IN_TASKS, *(task.name for task in installed_tasks())]
    return f"give one of {', '.join(names)}, or the path of a Python file"


def _from_file(path: Path, text: str, source: bytes) -> Task:
    module = ModuleType(f"dropout_task_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses and pickles look for what is defined in it
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        raise TaskUnusable(f"{text}{where}: {type(error).__name__}: {getattr(error, 'msg', error)}") from None
    folder = str(path.parent)
    sys.path.insert(0, folder)  # so that it may import what lies beside it
    try:
        exec(code, module.__dict__)  # noqa: S102  the user's own file
    except (Exception, SystemExit) as error:
        told = (
            f"{error}" if isinstance(error, TaskInvalid) else f"{type(error).__name__}: {error}".rstrip(": ")
        )
        line = line_of(error, path)
        where = text if line is None else f"{text}, line {line}"
        raise TaskUnusable(f"{where}: {' '.join(told.split())}") from error
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
    task = getattr(module, "task", None)
    if task is None:
        raise TaskUnusable(f"{text}: it defines no `task`; write task = Task(...) at its top level")
    if not isinstance(task, Task):
        raise TaskUnusable(f"{text}: its `task` is of type {type(task).__name__}; write task = Task(...)")
    return _located(task, path, digest=digest_of(source))


def digest_of(source: bytes) -> str:
    """Digest that tells different contents of a file apart."""
    return hashlib.sha256(source).hexdigest()[:16]


def _located(task: Task, path: Path, *, built_in: bool = False, digest: str | None = None) -> Task:
    """The task with the path of its file; its folders are resolved relative to that."""
    folders = {
        name: path.parent / given
        for name in ("answers", "samples")
        if (given := getattr(task, name)) is not None
    }
    return replace(task, path=None if built_in else path, digest=digest, **folders)
