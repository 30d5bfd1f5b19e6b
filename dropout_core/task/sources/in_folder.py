"""Calls of the grader and the tools in a task's folder.

The text of this file is run in the sandbox, beside the answer: it imports nothing of the project.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_parts: dict[str, Any] = {}


def enter(folder: str, file: str, source: str) -> None:
    """Change to the folder, and load the module from its text, as its file cannot be read there."""
    if os.getcwd() != folder:  # noqa: PTH109  no path is needed
        os.chdir(folder)
    sys.path.insert(0, folder)
    module = ModuleType(file.removesuffix(".py"))
    module.__file__ = f"{folder}/{file}"
    sys.modules[module.__name__] = module
    exec(compile(source, module.__file__, "exec", dont_inherit=True), vars(module))  # noqa: S102  in the sandbox
    if file == "tools.py":
        tools = module.TaskTools(Path(folder))
        _parts["tools"], _parts["handlers"] = tools.get_tools(), tools.get_tool_handlers()
        return
    _parts["grade"] = getattr(module, "grade", None)
    if not callable(_parts["grade"]):
        raise TypeError("it defines no function named grade")


def graded(answer: str) -> tuple[bool, str]:
    """Whether the folder's grader accepts the answer, and its info."""
    given = _parts["grade"](answer)
    if not isinstance(given, tuple) or len(given) != 2:
        raise TypeError(f"grade returned a value of type {type(given).__name__}, not (bool, info)")
    return bool(given[0]), str(given[1])


def offered() -> str:
    """Tools of the folder, as JSON."""
    return json.dumps(_parts["tools"])


def used(name: str, given: str) -> str:
    """Output of a tool for its input, which is JSON."""
    value = json.loads(given)
    handler = _parts["handlers"][name]
    result = handler(**value) if isinstance(value, dict) else handler(value)
    return result if isinstance(result, str) else json.dumps(result, default=str)
