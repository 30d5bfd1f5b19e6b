"""Names of modules that code uses, according to its text.

A name is followed through ``import … as``, ``from … import``, `getattr`, `__import__`, `import_module`, a plain
assignment, and text that is written out and given to `exec`; also where the text is put together from pieces that
are written out. Scopes are not told apart, so a name that stands for two things counts as both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from dropout_core.extraction.python_source import parse


class Use(StrEnum):
    """Kind of use of a name."""

    IMPORT = "import"
    """A whole module, or something imported from it; ``"."`` for a relative import."""
    NAME = "name"
    """``"sys._getframe"``; for an unknown value, ``".f_back"``."""
    CHANGE = "change"
    """Something of a module is replaced or deleted: ``"numpy.abs"``."""
    TEXT = "text"
    """A string literal."""
    RUN = "run"
    """Text other than a literal is run as code."""
    METHOD = "method"
    """A class or the module defines a function of this name."""


@dataclass(frozen=True, slots=True)
class Used:
    """One use of one name."""

    line: int
    use: Use
    name: str
    call: ast.Call | None = None
    """The call of which it is the function."""


_MAY_BE_TEXT = (ast.Constant, ast.BinOp, ast.JoinedStr, ast.Call, ast.Subscript)
_IMPORTERS = frozenset(
    {"__import__", "importlib.import_module", "importlib.__import__", "builtins.__import__"}
)
_CHANGERS = frozenset({f"{where}{name}" for where in ("", "builtins.") for name in ("setattr", "delattr")})
_RUN_TEXT = frozenset({"exec", "eval", "compile", "builtins.exec", "builtins.eval", "builtins.compile"})
NOT_WRITTEN_OUT = "…"
"""Placeholder for a name that is computed while the code runs."""
_BUILT_IN = frozenset(
    {"getattr", "setattr", "delattr", "vars", "open", "__import__", "exec", "eval", "compile"}
)
_DEEPEST = 3
"""Most levels of code within text that are analysed."""
_MOST_NESTED = 40
"""Most levels of nested expressions that are analysed; code may nest them as deeply as it likes."""
_MOST_ROUNDS = 3
"""Most steps in which names for names are followed."""


def names_used(tree: ast.AST, depth: int = 0) -> Iterator[Used]:
    """All uses, in no particular order."""
    nodes = list(ast.walk(tree))
    known = _Known(nodes)
    called = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        yield from known.uses(node, called)
        if isinstance(node, ast.Call) and depth < _DEEPEST and (ran := known.names(node.func) & _RUN_TEXT):
            text = written_out(_first(node, "source"))
            inner = parse(text or "")
            if text is None:
                yield Used(node.lineno, Use.RUN, min(ran))
            elif isinstance(inner, ast.Module):
                yield from (Used(node.lineno, each.use, each.name) for each in names_used(inner, depth + 1))


def imports_of(code: str) -> list[tuple[int, str]] | None:
    """Line and top-level package of every import, in order; `None` where the code cannot be parsed. A relative import
    counts as ``"."``."""
    tree = parse(code)
    if not isinstance(tree, ast.Module):
        return None
    imports = (one for one in names_used(tree) if one.use is Use.IMPORT and one.name != NOT_WRITTEN_OUT)
    return sorted({(one.line, one.name.partition(".")[0] or ".") for one in imports})


def written_out(node: ast.AST | None, depth: int = 0) -> str | None:
    """Text of an expression whose parts are all literals."""
    if depth > _MOST_NESTED:
        return None
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined("", [left, right], depth)
        case ast.JoinedStr(values=values):
            return _joined("", values, depth)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return written_out(value, depth + 1)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str(between)), attr="join"),
            args=[ast.List(elts=values) | ast.Tuple(elts=values)],
        ):
            return _joined(between, values, depth)
        case ast.Subscript(
            value=value,
            slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(ast.USub(), ast.Constant(value=1))),
        ):
            forwards = written_out(value, depth + 1)
            return None if forwards is None else forwards[::-1]
    return None


def _joined(between: str, values: list[ast.expr], depth: int) -> str | None:
    texts = []
    for value in values:
        text = written_out(value, depth + 1)
        if text is None:
            return None
        texts.append(text)
    return between.join(texts)


def _first(call: ast.Call, keyword: str) -> ast.expr | None:
    """First argument, or the one with this name."""
    named = [given.value for given in call.keywords if given.arg == keyword]
    return next(iter([*call.args[:1], *named]), None)


class _Known:
    """Known meanings of the code's names."""

    def __init__(self, nodes: list[ast.AST]) -> None:
        self._names: dict[str, set[str]] = {}
        self._tops: set[str] = set()
        self._found: dict[int, set[str]] = {}
        for node in nodes:
            match node:
                case ast.Import(names=names):
                    for alias in names:
                        whole = alias.name if alias.asname else alias.name.partition(".")[0]
                        self._add(alias.asname or whole, whole)
                case ast.ImportFrom(module=str(module), level=0, names=names):
                    for alias in names:
                        self._add(alias.asname or alias.name, f"{module}.{alias.name}")
        assigned = [node for node in nodes if isinstance(node, ast.Assign | ast.NamedExpr | ast.AnnAssign)]
        for _ in range(_MOST_ROUNDS):
            if not sum(self._learnt(node) for node in assigned):
                break
            self._found.clear()

    def _add(self, name: str, meaning: str) -> bool:
        meanings = self._names.setdefault(name, set())
        new = meaning not in meanings
        meanings.add(meaning)
        self._tops.add(meaning.partition(".")[0])
        return new

    def _learnt(self, node: ast.Assign | ast.NamedExpr | ast.AnnAssign) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if node.value is None or not names:
            return False
        meanings = {each for each in self.names(node.value) if self.is_module(each) or each in _BUILT_IN}
        return sum(self._add(name, meaning) for name in names for meaning in meanings - {name}) > 0

    def names(self, node: ast.AST | None, depth: int = 0) -> set[str]:
        """Possible meanings of an expression: dotted names, which begin with a dot where the value is not known."""
        if isinstance(node, ast.Name):
            return self._names.get(node.id) or {node.id}
        if depth > _MOST_NESTED or not isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
            return set()
        found = self._found.get(id(node))
        if found is None:
            found = self._found[id(node)] = self._names_of(node, depth + 1)
        return found

    def _names_of(self, node: ast.Attribute | ast.Call | ast.Subscript, depth: int) -> set[str]:
        if isinstance(node, ast.Attribute):
            return self._of(node.value, node.attr, depth)
        match node:
            case ast.Call(func=function) if node.args or node.keywords:
                functions = self.names(function, depth)
                if functions & {"getattr", "builtins.getattr"} and len(node.args) > 1:
                    return self._of(node.args[0], written_out(node.args[1]) or NOT_WRITTEN_OUT, depth)
                if functions & _IMPORTERS:
                    name = written_out(_first(node, "name"))
                    return set() if name is None else {name}
                return set()
            case ast.Subscript(value=value, slice=key) if (
                isinstance(key, _MAY_BE_TEXT) and (name := written_out(key)) is not None
            ):
                # The dictionary of a module, or that of all modules.
                found = self.names(value, depth)
                inside = {each.removesuffix(".__dict__") for each in found if each.endswith(".__dict__")}
                if isinstance(value, ast.Call) and self.names(value.func, depth) & {"vars", "builtins.vars"}:
                    inside |= self.names(_first(value, ""), depth)
                return {f"{each}.{name}" for each in inside} | ({name} if "sys.modules" in found else set())
        return set()

    def _of(self, value: ast.expr, name: str, depth: int = 0) -> set[str]:
        owners = {owner for owner in self.names(value, depth) if not owner.startswith(".")}
        known = {f"{owner}.{name}" for owner in owners if self.is_module(owner)}
        return known or {f".{name}"}

    def uses(self, node: ast.AST, called: dict[int, ast.Call]) -> Iterator[Used]:
        """Uses in one node itself."""
        if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call):
            yield from self._of_value(node, called.get(id(node)))
        elif isinstance(node, ast.Import):
            yield from (Used(node.lineno, Use.IMPORT, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module if node.module and not node.level else "."
            yield Used(node.lineno, Use.IMPORT, package)
            yield from (Used(node.lineno, Use.NAME, f"{package}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Used(node.lineno, Use.METHOD, node.name)
        if isinstance(node, _MAY_BE_TEXT) and (text := written_out(node)) is not None:
            yield Used(node.lineno, Use.TEXT, text)

    def _of_value(
        self, node: ast.Name | ast.Attribute | ast.Subscript | ast.Call, call: ast.Call | None
    ) -> Iterator[Used]:
        line = node.lineno
        if isinstance(node, ast.Call) or isinstance(node.ctx, ast.Load):
            yield from (Used(line, Use.NAME, name, call) for name in self.names(node))
        elif not isinstance(node, ast.Name):
            yield from (Used(line, Use.CHANGE, name) for name in self.names(node))
        if isinstance(node, ast.Call) and (node.args or node.keywords):
            functions = self.names(node.func)
            if functions & _IMPORTERS:
                yield Used(line, Use.IMPORT, written_out(_first(node, "name")) or NOT_WRITTEN_OUT)
            if functions & _CHANGERS and len(node.args) > 1:
                name = written_out(node.args[1]) or NOT_WRITTEN_OUT
                yield from (Used(line, Use.CHANGE, each) for each in self._of(node.args[0], name))

    def is_module(self, name: str) -> bool:
        """Whether it was imported, or is a part of something that was."""
        return name.partition(".")[0] in self._tops
