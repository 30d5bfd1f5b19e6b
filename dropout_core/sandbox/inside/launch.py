"""Starts a process for untrusted code, without importing the project.

    python launch.py MODULE [ARGUMENT ...]

MODULE is one of this folder: `supervisor` or `zygote_main`. Those modules refer to each other by relative
imports. They are loaded as parts of an empty package of this folder, so that neither this project's packages
nor their folders can be imported; and with built-in functions of their own, so that code that replaces `len` does so
for itself and not for them.
"""

from __future__ import annotations

import builtins
import sys
import types
from importlib import import_module
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path

OWN_BUILTINS = dict(vars(builtins))


class OwnBuiltins(SourceFileLoader):
    """Loader of modules whose functions use built-in functions that no other code can replace."""

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        """The module, before its code runs."""
        module = types.ModuleType(spec.name)
        vars(module)["__builtins__"] = OWN_BUILTINS
        return module


if __name__ == "__main__":
    package = types.ModuleType("sandbox")
    folder = str(Path(__file__).resolve().parent)
    package.__path__ = [folder]
    sys.path_importer_cache[folder] = FileFinder(folder, (OwnBuiltins, [".py"]))
    sys.modules["sandbox"] = package
    import_module(f"sandbox.{sys.argv[1]}").main(sys.argv[2:])
