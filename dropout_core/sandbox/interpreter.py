"""Interpreter for untrusted code: started without the user's settings, and with one thread."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dropout_core.sandbox import SandboxBroken

INSIDE = Path(__file__).parent / "inside"
PACKAGE = Path(__file__).parents[1]
"""Folder that untrusted code must not see: requirements, checks, right answers."""
NUMPY_FOLDER = Path(np.__file__).parents[1]

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
"""The whole environment. More threads than one would hang in a fork, and slow everything else down."""

FLAGS = ("-P", "-s", "-S", "-B", "-X", "utf8")
"""No `-I`: it would ignore PYTHONHASHSEED. No site: no `.pth` file runs, no user folder, and a quicker
start."""


def default_interpreter() -> str:
    """The running Python.

    Raises:
        SandboxBroken: a program that embeds Python may not know where its interpreter is.
    """
    if not sys.executable:
        raise SandboxBroken("cannot start a sandbox process: the path of the Python interpreter is not known")
    return sys.executable


def last_line(output: bytes) -> str:
    """Last line of a failing interpreter's output, which says why it failed."""
    lines = output.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")
