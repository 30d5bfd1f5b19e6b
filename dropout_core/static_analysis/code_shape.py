"""Shape of a piece of code: its structure without names, literals and comments.

Two answers with the same shape are one answer written twice, so both have the same mistakes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

UNPARSED = "does not parse"
"""Shape of everything that is not Python, or too long or deeply nested to be parsed."""

_REMEMBERED = 20_000
_STRUCTURE_ONLY = (ast.Name, ast.Constant, ast.arg)
_LEFT_OUT = (ast.Import, ast.ImportFrom, ast.expr_context)


@lru_cache(maxsize=_REMEMBERED)
def code_shape(code: str) -> str:
    """Kinds of syntax in `code`, nested as in the code; equal for answers that are alike.

    Renaming variables, changing numbers or strings, comments, docstrings, annotations, imports and layout make no
    difference. Operators and attributes do: ``np.zeros_like`` is not ``np.zeros``.
    """
    # It comes with what finds code in replies, which need not be there when an evaluation is shown.
    from dropout_core.extraction.python_source import parse

    tree = parse(code)
    if not isinstance(tree, ast.Module):
        return UNPARSED
    try:
        return " ".join(_words(tree))
    except RecursionError:
        return UNPARSED


def _words(node: ast.AST) -> Iterator[str]:
    yield type(node).__name__
    if isinstance(node, _STRUCTURE_ONLY):
        return
    if isinstance(node, ast.Attribute):
        yield f".{node.attr}"
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        if isinstance(value, ast.AST):
            yield from _nested([value])
        elif isinstance(value, list):
            yield from _nested(value)


def _nested(nodes: list[object]) -> Iterator[str]:
    yield "("
    for node in nodes:
        if isinstance(node, ast.AST) and not isinstance(node, _LEFT_OUT) and not _only_said(node):
            yield from _words(node)
    yield ")"


def _only_said(node: ast.AST) -> bool:
    """Whether it is a docstring, or any other literal that stands alone."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
