"""Starts a process in which untrusted code will run, without importing the project.

    python launch.py MODULE [ARGUMENT ...]

MODULE is one of this folder: `supervisor` or `zygote_main`. Those modules refer to each other by relative
imports. They are loaded as parts of an empty package of this folder, so that neither this project's packages
nor their folders can be imported.
"""

from __future__ import annotations

import sys
import types
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    package = types.ModuleType("sandbox")
    package.__path__ = [str(Path(__file__).resolve().parent)]
    sys.modules["sandbox"] = package
    import_module(f"sandbox.{sys.argv[1]}").main(sys.argv[2:])
