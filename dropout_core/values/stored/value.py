"""Validation of values from a store, which may be damaged or written by anybody.

Every value from a store is validated here before it is used. One of another type, negative where things are counted,
not finite, or nested so deeply that writing it out again would fail is `Unreadable`.
"""

from __future__ import annotations

import json
import types
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from dropout_core.values.stored.compact_json import STRICT

MOST_BYTES = 1 << 27
"""Most bytes of one stored value, unpacked."""
DEEPEST = 200
"""Most levels of nested lists and objects."""
MOST_COUNTED = 2**63 - 1
LATEST = 250e9
"""Latest time in seconds since the epoch, before the year 10000; also the longest duration."""

_SHOWN = 40
"""Most characters shown of an unknown value."""

Reader = Callable[[Any], Any]
"""Converts a stored value to the form in which it is used.

Raises:
    Unreadable: it is not what it should be.
"""


class Unreadable(ValueError):
    """A stored value is invalid; the message says in a few words what is wrong with it."""


class WrittenByNewer(Unreadable):
    """A newer version of this program wrote it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was written by a newer dropout-tui; upgrade")


def shown(value: object) -> str:
    """An untrusted value, short and in quotes."""
    said = ascii(value)
    return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"


def json_value(text: object, *, strictly: bool = True) -> Any:
    """Value of a JSON text. Only `strictly` are NaN and infinities rejected."""
    if not isinstance(text, str):
        raise Unreadable("it is not text")
    try:
        return STRICT.decode(text) if strictly else json.loads(text)
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError:
        raise Unreadable("it is not JSON") from None


def unpacked(packed: object) -> str:
    """Text that was packed with zlib, unless it is larger than any valid one."""
    if not isinstance(packed, bytes):
        raise Unreadable("it is not packed")
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(packed, MOST_BYTES)
        if not unpacking.eof:
            raise Unreadable("it is cut off, or unpacks to too much")
        return raw.decode()
    except (zlib.error, UnicodeDecodeError):
        raise Unreadable("it cannot be unpacked") from None


def text(value: Any) -> str:
    """Validate a text."""
    if not isinstance(value, str):
        raise Unreadable("it is not text")
    return value


def count(value: Any) -> int:
    """Validate a whole number from 0 up."""
    if type(value) is not int or not 0 <= value <= MOST_COUNTED:
        raise Unreadable("it is not a whole number from 0 up")
    return value


def number(value: Any) -> float:
    """Validate a number from 0 up: seconds, dollars, a time."""
    # This is false for NaN and for values other than numbers.
    if type(value) not in (int, float) or not 0 <= value <= LATEST:
        raise Unreadable("it is not a number from 0 up, or too large")
    return float(value)


def truth(value: Any) -> bool:
    """Validate true or false."""
    if type(value) is not bool:
        raise Unreadable("it is neither true nor false")
    return value


def anything(value: Any) -> Any:
    """Validate any JSON value that is not nested too deeply."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _within(one)]
        if not level:
            return value
    raise Unreadable("it is nested too deeply")


def _within(value: Any) -> Iterable[Any]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def mapping(value: Any) -> dict[str, Any]:
    """Validate a JSON object."""
    if not isinstance(value, dict):
        raise Unreadable("it is not an object")
    anything(value)
    return value


def sequence_of(read: Reader) -> Reader:
    """Reader of a JSON list, whose items `read` reads, as a tuple."""

    def reading(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list | tuple):
            raise Unreadable("it is not a list")
        return tuple(map(read, value))

    return reading


def one_of(choices: Mapping[str, Any]) -> Reader:
    """Reader of one of several words, as the value that it stands for."""

    def reading(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise Unreadable("it is not one of the known words")
        return choices[value]

    return reading


def _or_nothing(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


_SIMPLE: Mapping[Any, Reader] = {str: text, int: count, float: number, bool: truth, Any: anything}


@cache
def reader_of(annotation: Any) -> Reader:
    """Reader of a field with this annotation."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return one_of({str(member): member for member in annotation})
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return one_of({word: word for word in arguments})
    if origin in (Union, types.UnionType) and type(None) in arguments:
        (inner,) = (one for one in arguments if one is not type(None))
        return _or_nothing(reader_of(inner))
    if origin is dict:
        return mapping
    raise TypeError(f"there is no reader for {annotation}")


def fields_reader(
    kind: type[Any], own: Mapping[str, Reader], *, without: frozenset[str] = frozenset()
) -> Callable[[Any], dict[str, Any]]:
    """Reader of a dataclass's fields from a JSON object, by `own` readers or else by their annotations.

    Those of `without` are stored elsewhere. Fields that have a default may be missing; further ones are left out.
    """
    readers, required = _readers_of(kind, own, without)

    def reading(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Unreadable("it is not an object")
        found: dict[str, Any] = {}
        for name, read in readers.items():
            if name in value:
                try:
                    found[name] = read(value[name])
                except WrittenByNewer:
                    raise
                except Unreadable as error:
                    raise Unreadable(f"{name}: {error}") from None
            elif name in required:
                raise Unreadable(f"{name} is missing")
        return found

    return reading


def _readers_of(
    kind: type[Any], own: Mapping[str, Reader], without: frozenset[str]
) -> tuple[dict[str, Reader], frozenset[str]]:
    hints = get_type_hints(kind)
    kept = [item for item in fields(kind) if item.name not in without]
    readers = {item.name: own.get(item.name) or reader_of(hints[item.name]) for item in kept}
    required = (item.name for item in kept if item.default is MISSING and item.default_factory is MISSING)
    return readers, frozenset(required)
