"""Quality of a definition of `dropout`, judged before it is run: with a body, or certain not to work."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dropout_core.extraction.definition_line import definition_line, function_name
from dropout_core.extraction.python_source import bindings, module_level

_FUNCTION_MAKERS = frozenset(
    {"partial", "vectorize", "frompyfunc", "jit", "njit", "wraps", "lru_cache", "cache", "update_wrapper"}
)
"""Library functions that return a function."""

_FRAMEWORKS = frozenset(
    {"torch", "tf", "tensorflow", "jax", "jnp", "keras", "nn", "F", "cp", "cupy", "mx", "paddle"}
)
"""Names that stand for libraries other than NumPy, even where their import was left out."""

_GIVEN = frozenset({"np", "numpy"})
_ARGUMENTS = frozenset({"x", "p", "training"})
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Definitions:
    """Statements of a module, and what its names stand for."""

    statements: Sequence[ast.stmt]

    def can_work(self) -> bool:
        """Whether `dropout` is bound to something with a body that can be called as a dropout function is."""
        found = bindings(self.statements)
        return bool(found) and any(self._binding_works(node, 0) for node in found[-1])

    def _binding_works(self, node: ast.stmt, depth: int) -> bool:
        match node:
            case ast.FunctionDef():
                return has_body(node.body)
            case ast.ClassDef():
                return self._class_works(node)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return self._value_works(value, depth)
            case _:
                return False

    def _class_works(self, node: ast.ClassDef) -> bool:
        """Whether calling the class itself may give an array."""
        if node.bases or node.keywords or node.decorator_list:
            return has_body(node.body)
        new = _method(node, "__new__")
        return new is not None and has_body(new.body)

    def _value_works(self, value: ast.expr, depth: int) -> bool:
        if depth > _DEEPEST:
            return False
        match value:
            case ast.Lambda(body=body):
                return not isinstance(body, ast.Constant)
            case ast.Name(id=name):
                bound = self._named(name)
                if bound is None:
                    return name != function_name()
                return self._binding_works(bound, depth + 1)
            case ast.Attribute(attr=name):
                return not name[:1].isupper()
            case ast.IfExp(body=body, orelse=otherwise):
                return self._value_works(body, depth + 1) or self._value_works(otherwise, depth + 1)
            case ast.Call(func=function):
                return self._result_works(function, value, depth)
            case _:
                return False

    def _result_works(self, function: ast.expr, call: ast.Call, depth: int) -> bool:
        """Whether a call is known to return a function that accepts dropout's arguments."""
        match function:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _FUNCTION_MAKERS:
                return True
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _FUNCTION_MAKERS:
                return True
            case ast.Name(id=name):
                pass
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                made = self._named(owner)
                method = _method(made, name) if isinstance(made, ast.ClassDef) else None
                return method is not None and self._gives_function(method, call, depth)
            case _:
                return False
        match self._named(name):
            case ast.ClassDef() as made:
                called = _method(made, "__call__")
                return called is not None and has_body(called.body) and _takes_arguments(called.args, 1)
            case ast.FunctionDef() as made:
                return self._gives_function(made, call, depth)
            case _:
                return False

    def _gives_function(self, made: ast.FunctionDef, call: ast.Call, depth: int) -> bool:
        """Whether a function returns one that it defines, or one that it was given."""
        inner: dict[str, ast.FunctionDef | ast.expr] = {}
        returned: list[ast.expr] = []
        for node in module_level(made.body):
            match node:
                case ast.FunctionDef(name=name):
                    inner[name] = node
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    inner[name] = value
                case ast.Return(value=ast.expr() as value):
                    returned.append(value)
                case _:
                    pass
        given = {argument.arg for argument in made.args.args}
        for value in returned:
            match _followed(value, inner):
                case ast.Lambda(args=arguments) if _takes_arguments(arguments, 0):
                    return True
                case ast.Name(id=name) if name in inner:
                    function = inner[name]
                    if isinstance(function, ast.FunctionDef) and has_body(function.body):
                        return bool(function.decorator_list) or _takes_arguments(function.args, 0)
                case ast.Name(id=name) if name in given:
                    return any(self._value_works(one, depth + 1) for one in call.args)
                case ast.Name(id=name):
                    bound = self._named(name)
                    return isinstance(bound, ast.FunctionDef) and self._binding_works(bound, depth + 1)
                case ast.Call(func=called) as call_of_it if depth < _DEEPEST:
                    if self._result_works(called, call_of_it, depth + 1):
                        return True
                case _:
                    pass
        return False

    def _named(self, name: str) -> ast.stmt | None:
        """Last statement that binds a name, other than ``dropout = dropout``-like self-assignments."""
        found = bindings(self.statements, name)
        for group in reversed(found):
            for node in reversed(group):
                if name != function_name() or isinstance(node, ast.FunctionDef | ast.ClassDef):
                    return node
        return None

    def only_numpy(self) -> bool:
        """Whether only NumPy and the standard library are imported, and no other library is used by its name."""
        bound: set[str] = set()
        for statement in self.statements:
            for node in ast.walk(statement):
                match node:
                    case ast.Import(names=names):
                        if not all(_is_at_hand(one.name) for one in names):
                            return False
                    case ast.ImportFrom(module=module, level=level):
                        if level or not _is_at_hand(module or ""):
                            return False
                    case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                        bound.add(name)
                    case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                        bound.add(name)
                    case _:
                        pass
        return not any(
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in _FRAMEWORKS - bound
            for statement in self.statements
            for node in ast.walk(statement)
        )


def _followed(value: ast.expr, names: Mapping[str, ast.FunctionDef | ast.expr]) -> ast.expr:
    """Value that a name stands for, following assignments of one name to another."""
    for _ in range(_DEEPEST):
        meant = names.get(value.id) if isinstance(value, ast.Name) else None
        if not isinstance(meant, ast.expr):
            break
        value = meant
    return value


def _is_at_hand(module: str) -> bool:
    root = module.partition(".")[0]
    return root in sys.stdlib_module_names or root in _GIVEN


def _method(made: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    methods = (node for node in made.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return next(methods, None)


def _takes_arguments(arguments: ast.arguments, bound: int) -> bool:
    """Whether it accepts x, p and training; the first `bound` parameters are filled already."""
    if arguments.vararg is not None or arguments.kwarg is not None:
        return True
    names = [one.arg for one in [*arguments.posonlyargs, *arguments.args][bound:]]
    return (
        function_name() != "dropout"  # only its arguments are known
        or names[:3] == ["x", "p", "training"]
        or {
            *names,
            *(one.arg for one in arguments.kwonlyargs),
        }
        >= _ARGUMENTS
    )


def has_body(statements: Sequence[ast.stmt]) -> bool:
    """Whether the statements are more than a placeholder."""
    return not all(_holds_a_place(node) for node in statements)


def _holds_a_place(node: ast.stmt) -> bool:
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
        case ast.Return(value=ast.Constant(value=value)):
            return value is ...
        case ast.Return(value=ast.Name(id="NotImplemented")):
            return True
        case ast.Raise(exc=ast.Name(id=name) | ast.Call(func=ast.Name(id=name))):
            return name == "NotImplementedError"
        case ast.FunctionDef(body=body) | ast.ClassDef(body=body):
            return not has_body(body)
        case _:
            return False


_STRING = re.compile(r"(\"\"\"|''')[\s\S]*?(?:\1|\Z)")
_STATEMENT = re.compile(r"^[ \t]+(?!pass\b|\.\.\.|#|raise NotImplementedError|[\"'])\S", re.M)


def reads_as_having_a_body(code: str) -> bool:
    """Whether code that does not parse has more than a signature and a docstring where it defines `dropout`."""
    starts = [found.end() for found in definition_line().finditer(code)]
    if not starts:
        return False
    rest = _STRING.sub("", code[starts[-1] :])
    same_line = rest.partition("\n")[0].rpartition("):")[2].strip()
    return _STATEMENT.search(rest) is not None or same_line not in {"", "...", "pass"}


def imports_only_numpy(code: str) -> bool:
    """Like `Definitions.only_numpy`, for code that does not parse, judged by its lines."""
    modules = re.findall(r"^[ \t]*(?:import|from)[ \t]+([\w.]+)", code, re.M)
    return all(_is_at_hand(module) for module in modules)
