"""Dependencies between blocks of a reply: what one uses and an earlier one defines."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dropout_core.extraction.definition_line import function_name
from dropout_core.extraction.python_source import Reading, bound_names

_GIVEN = frozenset({*dir(builtins), "np", "numpy", "__name__", "__file__"})
_TRIES_OUT = frozenset({"print", "input", "open", "exit", "quit", "plt"})
"""Functions that are called to try code out; such calls, and those of the function itself, define nothing."""

_MOST_BORROWED = 60
_LONGEST_BORROWED = 100_000
"""Limit that no honest reply comes near."""


@dataclass(frozen=True)
class Earlier:
    """Definitions of one earlier block, by name."""

    reading: Reading

    @cached_property
    def definitions(self) -> dict[str, ast.stmt]:
        """Statement that defines each name; the last one that does."""
        if self.reading.tree is None:
            return {}
        found: dict[str, ast.stmt] = {}
        for node in self.reading.tree.body:
            if _is_definition(node):
                found.update(dict.fromkeys(bound_names(node), node))
        return found

    @cached_property
    def lines(self) -> list[str]:
        """Lines of its code."""
        return self.reading.code.split("\n")

    def source(self, node: ast.stmt) -> str:
        """The statement as written, including comments in it."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(one.lineno for one in decorators)])
        last = node.end_lineno or node.lineno
        others = self.reading.tree.body if self.reading.tree is not None else []
        shared = any(
            one is not node and one.lineno <= last and (one.end_lineno or one.lineno) >= first
            for one in others
        )
        return ast.unparse(node) if shared else "\n".join(self.lines[first - 1 : last])


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Statements of earlier blocks that are used, in the order in which they are needed."""

    statements: tuple[ast.stmt, ...] = ()
    sources: tuple[str, ...] = ()

    def before(self, reading: Reading) -> str:
        """Code of `reading`, preceded by the statements that it uses."""
        if not self.sources:
            return reading.code
        borrowed = "\n\n".join(self.sources)
        future = _end_of_future_imports(reading.tree)
        lines = reading.code.split("\n")
        head = "\n".join(lines[:future]) + "\n\n" if future else ""
        return f"{head}{borrowed}\n\n" + "\n".join(lines[future:]).lstrip("\n")


def borrowed_by(reading: Reading, earlier: Sequence[Earlier]) -> Borrowed:
    """Definitions of earlier blocks that `reading` uses, directly or indirectly; the blocks are given in order."""
    if reading.tree is None or not earlier:
        return Borrowed()
    taken: dict[int, tuple[int, int, ast.stmt, str]] = {}
    pending = [(name, len(earlier)) for name in sorted(_wanted(reading))]
    seen = {name for name, _ in pending}
    length = 0
    while pending and len(taken) < _MOST_BORROWED:
        name, before = pending.pop()
        for place in range(before - 1, -1, -1):
            block = earlier[place]
            node = block.definitions.get(name)
            if node is None:
                continue
            if id(node) not in taken:
                source = block.source(node)
                length += len(source)
                if length > _LONGEST_BORROWED:
                    return Borrowed()
                taken[id(node)] = (place, node.lineno, node, source)
                new = free_names(source) - seen
                seen |= new
                pending += [(one, place + 1) for one in sorted(new)]
            break
    ordered = sorted(taken.values(), key=lambda one: one[:2])
    return Borrowed(tuple(one[2] for one in ordered), tuple(one[3] for one in ordered))


def _wanted(reading: Reading) -> frozenset[str]:
    names = free_names(reading.code)
    for node in reading.tree.body if reading.tree is not None else ():
        if function_name() in bound_names(node):
            # It may be derived from the function of an earlier block.
            makes = isinstance(node, ast.Assign | ast.AnnAssign)
            loads = makes and any(
                isinstance(one, ast.Name) and one.id == function_name() and isinstance(one.ctx, ast.Load)
                for one in ast.walk(node)
            )
            return names | {function_name()} if loads else names
    return names


def free_names(code: str) -> frozenset[str]:
    """Names that code uses without binding them, other than built-in ones."""
    try:
        module = symtable.symtable(code, "<answer>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    bound = {
        one.get_name()
        for one in module.get_symbols()
        if one.is_assigned() or one.is_imported() or one.is_namespace()
    }
    used = {one.get_name() for one in module.get_symbols() if one.is_referenced()}
    pending = list(module.get_children())
    while pending:
        table = pending.pop()
        used |= {one.get_name() for one in table.get_symbols() if one.is_global() and one.is_referenced()}
        bound |= {
            one.get_name() for one in table.get_symbols() if one.is_declared_global() and one.is_assigned()
        }
        pending += table.get_children()
    return frozenset(used - bound - _GIVEN)


def _is_definition(node: ast.stmt) -> bool:
    """Whether a statement only defines something, in contrast to code that tries things out."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Assign() | ast.AnnAssign():
            return not _tries_out(node)
        case ast.Try():
            return not _tries_out(node)
        case ast.If(test=test):
            named = any(isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(test))
            return not named and not _tries_out(node)
        case _:
            return False


def _tries_out(node: ast.stmt) -> bool:
    tries_out = _TRIES_OUT | {function_name()}
    return any(
        isinstance(one, ast.Call)
        and any(isinstance(part, ast.Name) and part.id in tries_out for part in ast.walk(one.func))
        for one in ast.walk(node)
    )


def _end_of_future_imports(tree: ast.Module | None) -> int:
    """Number of lines up to the last ``from __future__`` import, which must come first."""
    last = 0
    for node in tree.body if tree is not None else ():
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            last = node.end_lineno or node.lineno
    return last
