"""How a Python is started in which untrusted code will run: with nothing of the user's, and one thread."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dropout_core.sandbox import SandboxBroken

INSIDE = Path(__file__).parent / "inside"
PACKAGE = Path(__file__).parents[1]
"""What the answers must not see: requirements, checks, right answers."""
NUMPY_FOLDER = Path(np.__file__).parents[1]

ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MKL_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
"""All of it. More threads than one would hang in a fork, and slow everything else down."""

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
    """What an interpreter that fails says last is why."""
    lines = output.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it gave no reason")
