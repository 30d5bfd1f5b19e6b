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
from dropout_core.sandbox.wire import printable

ALLOWED = sys.stdlib_module_names | {"numpy"}

_BY_NAME = frozenset({"__import__", "import_module"})
_RUN_TEXT = frozenset({"exec", "eval", "compile"})


def check_numpy_only(observed: Observed) -> Finding:
    """Import statements anywhere in the code, and calls of `__import__` and `import_module` with a name that is written
    out; also in text that is given to `exec`."""
    tree = parse(observed.code)
    if not isinstance(tree, ast.Module):
        return not_reached("The code cannot be read, so neither can its imports.")
    found = sorted(set(imported(tree)))
    for line, name in found:
        if name not in ALLOWED:
            name = printable(name)
            message = f"Line {line} imports {name}; only NumPy and the standard library may be imported"
            return failed(message, name, "numpy", Evidence(line=line))
    names = ", ".join(dict.fromkeys(printable(name) for _, name in found)) or "nothing"
    return passed(f"The code imports {names}", names, "numpy")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import. What is imported from beside the code counts as ``"."``."""
    importers = _BY_NAME | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in _BY_NAME and alias.asname
    }
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node.lineno, _top(alias.name)
            case ast.ImportFrom(module=module, level=level):
                yield node.lineno, _top(module) if module and not level else "."
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in importers:
                written = _written_out(node, "name")
                if written is not None:
                    yield node.lineno, _top(written)
            case ast.Call(func=ast.Name(id=name)) if name in _RUN_TEXT:
                inner = parse(_written_out(node, "source") or "")
                if isinstance(inner, ast.Module):
                    yield from ((node.lineno, package) for _, package in imported(inner))


def _written_out(call: ast.Call, keyword: str) -> str | None:
    """The text that is the first argument of a call, or the one of this name, where it is written out."""
    named = [given.value for given in call.keywords if given.arg == keyword]
    match [*call.args[:1], *named]:
        case [ast.Constant(value=str(text)), *_]:
            return text
    return None


def _top(module: str) -> str:
    return module.partition(".")[0]
