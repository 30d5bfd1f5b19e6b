"""What the code imports, as its text says.

It is read here and not observed where the code runs, so that the verdict does not depend on which packages
happen to be installed there: an import inside ``try`` counts whether or not it would succeed. Names that are
put together while the code runs are not seen.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from dropout_core.evidence import Evidence
from dropout_core.extraction.reading import parse
from dropout_core.grading.finding import Finding, failed, not_reached, passed
from dropout_core.grading.observed import Observed

ALLOWED = sys.stdlib_module_names | {"numpy"}

_BY_NAME = frozenset({"__import__", "import_module"})


def check_numpy_only(observed: Observed) -> Finding:
    """Import statements anywhere in the code, and calls of `__import__` and `import_module` with a name."""
    tree = parse(observed.code)
    if not isinstance(tree, ast.Module):
        return not_reached("The code cannot be read, so neither can its imports.")
    found = sorted(set(imported(tree)))
    for line, name in found:
        if name not in ALLOWED:
            message = f"Line {line} imports {name}; only NumPy and the standard library may be imported"
            return failed(message, name, "numpy", Evidence(line=line))
    names = ", ".join(dict.fromkeys(name for _, name in found)) or "nothing"
    return passed(f"The code imports {names}", names, "numpy")


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import. What is imported from beside the code counts as ``"."``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node.lineno, _top(alias.name)
            case ast.ImportFrom(module=module, level=level):
                yield node.lineno, _top(module) if module and not level else "."
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name), args=[ast.Constant(value=str(module)), *_]
            ) if name in _BY_NAME:
                yield node.lineno, _top(module)


def _top(module: str) -> str:
    return module.partition(".")[0]
