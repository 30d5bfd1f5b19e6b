"""Text read as Python, after undoing formatting."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import TypeGuard

from dropout_core.extraction.deep_stack import with_deep_stack
from dropout_core.extraction.definition_line import definition_line, function_name
from dropout_core.extraction.notebook import without_notebook

INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
"""Zero-width characters that copying leaves in code and Python does not accept."""

_STRAIGHT = str.maketrans("“”„‟‘’‚‛−–", "\"\"\"\"''''--")
"""Typographic quotation marks and minus signs, with what they stand for."""

_LONGEST_PARSED = 200_000
"""Longest code that is parsed, in characters; 1 MB would take a second and hundreds of megabytes."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Text read as Python. `tree` is None when it does not parse."""

    code: str
    tree: ast.Module | None

    @property
    def defines(self) -> bool:
        """Whether it parses and binds the function at module level to something that may be a function."""
        return self.tree is not None and any(map(_binds_function, module_level(self.tree.body)))

    @property
    def names(self) -> bool:
        """Whether it does not parse and yet seems to define the function."""
        return self.tree is None and definition_line().search(self.code) is not None

    @property
    def does_something(self) -> bool:
        """Whether it parses and is more than words and calls that happen to be valid Python."""
        return self.tree is not None and not all(_is_idle(node) for node in self.tree.body)


def parse(code: str) -> ast.Module | SyntaxError | None:
    """Syntax tree, the syntax error, or None when the parser fails in any other way."""
    if len(code) > _LONGEST_PARSED:
        return None
    return with_deep_stack(lambda: _parsed(code))


_one_at_a_time = threading.RLock()
"""CPython 3.11 counts how deep a tree is for all threads together, and raises a SystemError where two are made at once
(https://github.com/python/cpython/issues/106905). Nor may two threads catch warnings at once."""


def _parsed(code: str) -> ast.Module | SyntaxError | None:
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):  # NULs and lone surrogates are a ValueError
        return None


def read(text: str, indent: int = 0) -> Reading:
    """Read `text` as Python, undoing formatting where needed; see `_variants`."""
    tried: list[str] = []
    for code in _variants(text, indent):
        if code in tried:
            continue
        if isinstance(tree := parse(code), ast.Module):
            return _without_words(code, tree)
        tried.append(code)
    return Reading(tried[0], None)


def _without_words(code: str, tree: ast.Module) -> Reading:
    """The code without single words at either end, such as "Solution" or "python", which happen to be valid Python."""
    lines = code.split("\n")
    first = _lines_of_words(_upright(tree.body))
    last = len(lines) - _lines_of_words(_upside_down(tree.body, len(lines)))
    return Reading(code, tree) if (first, last) == (0, len(lines)) else read("\n".join(lines[first:last]))


_Lines = tuple[ast.stmt, int, int]
"""A statement, with the numbers of its first and its last line."""


def _upright(statements: Sequence[ast.stmt]) -> Iterator[_Lines]:
    return ((node, node.lineno, node.end_lineno or node.lineno) for node in statements)


def _upside_down(statements: Sequence[ast.stmt], lines: int) -> Iterator[_Lines]:
    """The statements as seen from the last of so many lines."""
    return ((node, lines + 1 - end, lines + 1 - start) for node, start, end in _upright(statements[::-1]))


def _lines_of_words(statements: Iterable[_Lines]) -> int:
    """How many lines at the beginning hold a word, and perhaps more statements that end with them."""
    cut = 0
    for node, start, end in statements:
        if start > cut and _is_word(node):
            cut = end
        elif end > cut:
            break
    return cut


def _is_word(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)


def _variants(text: str, indent: int) -> Iterator[str]:
    """The text without its common indentation, then with a little more undone each time. The first that parses is used,
    so string literals keep their content as long as the code parses as it is."""
    plain = dedent(without_blank_ends(text))
    yield plain
    if indent:
        yield without_blank_ends(re.sub(rf"(?m)^[ \t]{{1,{indent}}}", "", text))
    yield from without_notebook(plain)
    visible = INVISIBLE.sub("", plain).replace("\u00a0", " ")
    if visible != plain:
        yield dedent(without_blank_ends(visible))
    straight = visible.translate(_STRAIGHT)
    if straight != visible:
        yield dedent(without_blank_ends(straight))


def without_blank_ends(text: str) -> str:
    """The text without surrounding blank lines, trailing blanks and a byte order mark."""
    lines = text.removeprefix("\ufeff").rstrip().split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first:])


def dedent(text: str) -> str:
    """The text without the indentation common to all lines. Unlike `textwrap.dedent`, keeps the blanks of blank
    lines."""
    if text[:1].strip():
        return text  # its first line has none
    lines = text.split("\n")
    margins = [line[: indent_of(line)] for line in lines if line.strip()]
    margin = commonprefix(margins)  # noqa: RUF071 - of strings, as meant
    return "\n".join(line.removeprefix(margin) for line in lines) if margin else text


def indent_of(line: str) -> int:
    """Number of blanks that the line starts with; a tab counts as one."""
    return len(line) - len(line.lstrip(" \t"))


def module_level(statements: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements that run in the same scope, in order, including those inside ``if``, ``try`` and the like."""
    pending: list[ast.AST] = list(reversed(statements))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))


def bound_names(statement: ast.stmt) -> frozenset[str]:
    """Names that a statement of a module binds."""
    names: set[str] = set()
    for node in module_level([statement]):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {(one.asname or one.name).partition(".")[0] for one in aliases}
            case ast.Assign(targets=targets):
                names |= {one.id for target in targets for one in ast.walk(target) if _is_stored(one)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def bindings(statements: Sequence[ast.stmt], name: str | None = None) -> list[list[ast.stmt]]:
    """Bindings of a name, by default that of the function, to something that may be a function: a list for each
    statement of the module that binds it. Those under ``if __name__ == "__main__"`` count only where there is no
    other."""
    name = function_name() if name is None else name
    found = [
        (_is_script(statement), [node for node in module_level([statement]) if _binds(node, name)])
        for statement in statements
    ]
    imported = [nodes for script, nodes in found if nodes and not script]
    return imported or [nodes for _, nodes in found if nodes]


def _is_script(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(one, ast.Name) and one.id == "__name__" for one in ast.walk(node.test)
    )


def _binds_function(node: ast.stmt) -> bool:
    return _binds(node, function_name())


def _binds(node: ast.stmt, name: str) -> bool:
    match node:
        case ast.FunctionDef(name=defined) | ast.ClassDef(name=defined):
            return defined == name
        case ast.Assign(targets=targets, value=value) if not isinstance(value, ast.Constant):
            return any(isinstance(target, ast.Name) and target.id == name for target in targets)
        case ast.AnnAssign(target=ast.Name(id=defined), value=ast.expr() as value):
            return defined == name and not isinstance(value, ast.Constant)
        case _:
            return False


def _is_idle(node: ast.stmt) -> bool:
    """Whether a statement binds nothing and controls nothing, like prose that happens to be valid Python."""
    return isinstance(node, ast.Expr | ast.Pass) or (isinstance(node, ast.AnnAssign) and node.value is None)
