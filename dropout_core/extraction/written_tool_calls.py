"""Tool calls that a model wrote as text, because its server does not parse them.

Each family of models has its own syntax. What they share is read here: a name, and arguments as JSON, as tags or as a
call in Python. A call that was cut off is ignored, and so is one that is only mentioned in a sentence.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dropout_core.extraction.python_source import parse
from dropout_core.extraction.thinking_text import split_thinking
from dropout_core.values.agent_tools import TOOLS


@dataclass(frozen=True, slots=True)
class WrittenToolCall:
    """Name of a tool, and its arguments."""

    name: str
    input: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WrittenCalls:
    """Calls at one place of a text, and where they end."""

    calls: tuple[WrittenToolCall, ...]
    stop: int


_MOST_PLACES = 64
"""Limit that no honest reply comes near; without it a hostile one would take quadratic time."""

_ONLY_ARGUMENT = {tool.name: tool.input_schema["required"][0] for tool in TOOLS}
"""Argument of a known tool whose name a call may leave out."""

_NAME_KEYS = ("name", "tool_name", "tool", "function_name", "function", "recipient_name", "action")
_INPUT_KEYS = ("arguments", "parameters", "input", "args", "kwargs", "tool_input", "action_input")
_WRAPPERS = ("tool_calls", "tool_call", "function_call", "function", "tool_uses", "action")


def _name(group: str) -> str:
    return rf"""["']?(?:functions?\.|default_api\.)?(?P<{group}>[A-Za-z_][\w-]{{0,63}})["']?"""


_PLACE = re.compile(
    rf"""
      <(?:function\s*=|(?:\w{{1,20}}:)?invoke\s+name\s*=|function\s+name\s*=)\s*{_name("tagged")}\s*>
    | <tool_call>\s*{_name("keyed")}\s*(?=<arg_key>)
    | (?:
          \[TOOL_CALLS\]\s*{_name("mistral")}(?:\[CALL_ID\]\w{{0,64}})?(?:\[ARGS\])?
        | <\|tool_call_begin\|>\s*{_name("kimi")}(?::\d{{1,4}})?\s*<\|tool_call_argument_begin\|>
        | <[|｜]tool▁call▁begin[|｜]>\s*(?:function<[|｜]tool▁sep[|｜]>)?{_name("deepseek")}
          (?:<[|｜]tool▁sep[|｜]>)?\s*(?:`{{3}}(?:json)?)?
        | \bto={_name("harmony")}[^\n{{]{{0,80}}<\|message\|>
        | ^[ \t]*Action:[ \t]*{_name("react")}[ \t]*\n\s*Action[ ]Input:\s*(?:`{{3}}(?:json)?)?
      )\s*(?=\{{)
    | (?P<json>
        (?:
            <(?:\|)?(?:tool|function)_?calls?(?:_start|_begin)?(?:\|)?> | \[TOOL_CALLS?\] | <tools>
          | <\|python_tag\|> | <\|plugin\|> | \bfunctools | ^[ \t>]*(?:`{{3,}}|~{{3,}})[^\n`]{{0,40}}\n
        ) \s* (?: (?:`{{3}})(?:json)?\s* )?
        | ^[ \t]*
      ) "? (?= (?:\[\s*)? \{{ \s* \\?["'] )
    | ^[ \t]*(?:<\|python_start\|>)?(?P<python>(?:\[\s*)?(?:default_api\.)?(?:{"|".join(_ONLY_ARGUMENT)})\s*\()
    """,
    re.X | re.M | re.I,
)
_END = re.compile(
    r"</?(?:tool|function|invoke|\w+:tool)|<\|(?!python)|\[TOOL_CALLS?\]|^[ \t]*(?:`{3}|~{3})|\Z", re.M
)
_PARAMETER = re.compile(
    r"""<(?:parameter|arg)\s*(?:=|name\s*=)\s*["']?([\w-]{1,64})["']?\s*>(.*?)"""
    r"""(?:</(?:parameter|arg)>|(?=<parameter\b)|(?=</function>|</invoke>))"""
    r"""|<arg_key>\s*([\w-]{1,64})\s*</arg_key>\s*<arg_value>(.*?)</arg_value>""",
    re.S,
)


def tool_calls_in_text(text: str) -> tuple[WrittenToolCall, ...]:
    """Calls that are written in the answer of `text`, in order, without those in its thinking. Takes time about linear
    in the length of the text."""
    answer, _ = split_thinking(text)
    return tuple(call for place in places_of_calls(answer) for call in place.calls)


def places_of_calls(text: str) -> Iterator[WrittenCalls]:
    """Places of complete calls in `text`, in order."""
    at = 0
    for _ in range(_MOST_PLACES):
        place = _PLACE.search(text, at)
        if place is None:
            return
        found = _calls_at(text, place)
        at = max(place.end(), place.start() + 1)
        if found is not None and found.calls:
            yield found
            at = max(at, found.stop)


def _calls_at(text: str, place: re.Match[str]) -> WrittenCalls | None:
    kind = place.lastgroup
    if kind is None:
        return None
    at = place.end()
    match kind:
        case "json":
            return _json_calls(text, at)
        case "python":
            return _python_calls(text, place.start(kind))
        case "tagged" | "keyed":
            closed = re.compile(r"</(?:function|(?:\w{1,20}:)?invoke|tool_call)\s*>|\Z").search(text, at)
            stop = len(text) if closed is None else closed.end()
            parameters = _parameters(text[at:stop])
            if parameters:
                return WrittenCalls((WrittenToolCall(place[kind], parameters),), stop)
    return _named_call(place[kind], text, at)


def _parameters(body: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value, key, keyed in _PARAMETER.findall(body):
        found[name or key] = (value or keyed).removeprefix("\n").removesuffix("\n")
    return found


def _named_call(name: str, text: str, at: int) -> WrittenCalls | None:
    """A call whose name stands before its arguments."""
    decoded = _decoded(text, at)
    if decoded is None or not isinstance(decoded[0], dict):
        return None
    return WrittenCalls((WrittenToolCall(name, decoded[0]),), decoded[1])


def _json_calls(text: str, at: int) -> WrittenCalls | None:
    """Calls of one JSON value, and of those that directly follow it."""
    calls: list[WrittenToolCall] = []
    for _ in range(_MOST_PLACES):
        decoded = _decoded(text, at)
        if decoded is None:
            break
        value, at = decoded
        found = list(calls_in(value))
        if not found:
            break
        calls += found
        following = re.compile(r"\s*[;,]?\s*(?=\{)").match(text, at)
        if following is None:
            break
        at = following.end()
    return WrittenCalls(tuple(calls), at) if calls else None


def calls_in(value: object, depth: int = 0) -> Iterator[WrittenToolCall]:
    """Calls that a JSON value is or contains."""
    if depth > 3:
        return
    if isinstance(value, list):
        for one in value[:_MOST_PLACES]:
            yield from calls_in(one, depth + 1)
    if not isinstance(value, dict):
        return
    for wrapper in _WRAPPERS:
        if isinstance(value.get(wrapper), dict | list):
            yield from calls_in(value[wrapper], depth + 1)
            return
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), None)
    given = next((value[key] for key in _INPUT_KEYS if key in value), None)
    if name is None:
        return
    name = name.removeprefix("functions.")
    if isinstance(given, str):
        decoded = _decoded(given, 0)
        if decoded is not None and isinstance(decoded[0], dict):
            given = decoded[0]
        elif name in _ONLY_ARGUMENT:
            given = {_ONLY_ARGUMENT[name]: given}
    if isinstance(given, dict) and not (given.get("type") == "object" and "properties" in given):
        yield WrittenToolCall(name, given)


def _decoded(text: str, at: int) -> tuple[object, int] | None:
    """JSON value that begins at `at`, and where it ends; mistakes that models make in JSON are corrected."""
    try:
        value, stop = json.JSONDecoder(strict=False).raw_decode(text, at)
    except (ValueError, RecursionError):
        pass
    else:
        return value, stop
    end = _END.search(text, at + 1)
    stop = len(text) if end is None else end.start()
    piece = text[at:stop].strip()
    for mended in _mended(piece):
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(mended)
        except (ValueError, RecursionError):
            continue
        return value, stop
    value = _literal(piece)
    return None if value is None else (value, stop)


def _mended(piece: str) -> Iterator[str]:
    r"""The JSON with an unknown escape taken literally, with missing closing marks added, or with one level of escapes
    undone."""
    escaped = re.sub(r'\\(u(?![0-9a-fA-F]{4})|[^"\\/bfnrtu])', r"\\\\\1", piece)
    closings = ("", "}", "}}", "}]", "}}]") if piece.endswith(('"', "}")) else ("",)
    yield from (escaped + closing for closing in closings)
    if re.match(r'(?:\[\s*)?\{\s*\\"', piece):
        try:
            once = json.loads(f'"{piece.removesuffix(chr(34))}"', strict=False)
        except (ValueError, RecursionError):
            return
        yield str(once)


def _literal(piece: str) -> object:
    """Value of a Python literal, or None."""
    tree = parse(piece)
    if not isinstance(tree, ast.Module) or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return None
    try:
        value: object = ast.literal_eval(tree.body[0].value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return value


def _python_calls(text: str, at: int) -> WrittenCalls | None:
    """Calls written in Python, with literals as arguments."""
    end = _END.search(text, at)
    stop = len(text) if end is None else end.start()
    tree = parse(text[at:stop].strip())
    if not isinstance(tree, ast.Module):
        return None
    calls: list[WrittenToolCall] = []
    for statement in tree.body:
        if not isinstance(statement, ast.Expr):
            return None
        value = statement.value
        for one in value.elts if isinstance(value, ast.List) else [value]:
            call = _python_call(one)
            if call is None:
                return None
            calls.append(call)
    return WrittenCalls(tuple(calls), stop)


def _python_call(node: ast.expr) -> WrittenToolCall | None:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
            pass
        case _:
            return None
    if len(args) > (1 if name in _ONLY_ARGUMENT else 0):
        return None
    given: dict[str, object] = {}
    try:
        if args:
            given[_ONLY_ARGUMENT[name]] = ast.literal_eval(args[0])
        for keyword in keywords:
            if keyword.arg is None:
                return None
            given[keyword.arg] = ast.literal_eval(keyword.value)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return None
    return WrittenToolCall(name, given)
