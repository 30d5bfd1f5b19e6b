"""Values as JSON, with the bytes of their arrays beside it: arguments on their way in, results on their way out.

`None`, bools, texts and most numbers are what they are in JSON, and a list is a JSON array. All else is an object:

    {"a": dtype, "s": shape}            an array; its bytes, in C order and little-endian, come in turn
    {"a": …, "s": …, "o": [axes, flipped, gaps]}    the same, to be laid out in memory in another way (only inwards)
    {"n": dtype, "x": hex digits}       a number of NumPy
    {"i": hex digits}                   an int beyond 64 bits
    {"f": hex digits}                   NaN or infinity, as the bytes of a float
    {"c": [real, imaginary]}            a complex number
    {"t": [...]}                        a tuple
    {"d": [[key, value], …]}            a dict
    {"g": name}                         a generator that both sides know

Both sides use this: it imports nothing of the project, and holds on to what it needs of NumPy.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from math import isfinite, prod
from typing import Any

from numpy import (
    bool_,
    complex64,
    complex128,
    dtype,
    float16,
    float32,
    float64,
    frombuffer,
    int8,
    int16,
    int32,
    int64,
    ndarray,
    not_equal,
    uint8,
    uint16,
    uint32,
    uint64,
)

NUMBER_TYPES: tuple[type, ...] = (
    *(bool_, int8, int16, int32, int64, uint8, uint16, uint32, uint64),
    *(float16, float32, float64, complex64, complex128),
)
DTYPES: dict[str, Any] = {one.str: one for one in (dtype(kind).newbyteorder("<") for kind in NUMBER_TYPES)}
"""Dtypes of arrays and numbers that may be sent, by their names on the wire."""
NAMES: dict[tuple[str, int], str] = {(one.kind, one.itemsize): name for name, one in DTYPES.items()}
MOST_DEPTH = 32
MOST_ITEMS = 200_000
"""Most items of lists, tuples and dicts, all together."""
LONGEST_TEXT = 4 << 20
"""Most characters of JSON; also of all texts together."""
MOST_DIMENSIONS = 32
LARGEST_EMPTY = 1 << 40
"""Most bytes that an array without elements would have if its lengths of 0 were 1: NumPy refuses enormous ones."""
JSON_INTEGERS = 1 << 63
MOST_DIGITS = 1 << 20
"""Most hexadecimal digits of an int."""
LARGEST_KEY = 1 << 60
_FLOAT = struct.Struct(">d")


class Unfit(Exception):
    """A value cannot be sent. The message is a clause about it: ``"a set, which …"``."""


class Unreadable(Exception):
    """Received data is not a valid value."""


def nothing_special(_: Any) -> Any:
    """For messages without values of further kinds."""
    return None


class Encoder:
    """Encodes values. One for each message."""

    def __init__(
        self,
        room: int,
        special: Callable[[Any], Any] = nothing_special,
        name_of: Callable[[type], str] = lambda kind: kind.__name__,
    ) -> None:
        """Encode with `room` bytes for arrays. `special` gives the JSON of values of further kinds, or `None`;
        `name_of` the name of a class."""
        self.arrays: list[Any] = []
        """Bytes of the arrays, in turn."""
        self.size = 0
        """Their total number of bytes."""
        self._room = room
        self._items = 0
        self._characters = 0
        self._special = special
        self._name_of = name_of

    def encode(self, value: Any, depth: int = 0, layout: bool = False) -> Any:
        """The JSON of a value; with `layout`, of how its arrays lie in memory, too.

        Nothing that the value's own classes define is called.

        Raises:
            Unfit: it cannot pass.
        """
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is int:
            return self._integer(value)
        if kind is float:
            return value if isfinite(value) else {"f": _FLOAT.pack(value).hex()}
        if kind is str:
            self._count_characters(len(value))
            return value
        if kind is complex:
            return {"c": [self.encode(value.real), self.encode(value.imag)]}
        if kind is ndarray:
            return self._array(value, layout)
        if any(kind is one for one in NUMBER_TYPES):
            name = NAMES[value.dtype.kind, value.dtype.itemsize]
            return {"n": name, "x": value.astype(DTYPES[name]).tobytes().hex()}
        if kind is list or kind is tuple or kind is dict:
            return self._container(value, kind, depth, layout)
        found = self._special(value)
        if found is None:
            raise Unfit(f"a value of type {self._name_of(kind)}")
        return found

    def _integer(self, value: int) -> Any:
        if -JSON_INTEGERS <= value < JSON_INTEGERS:
            return value
        digits = value.bit_length() // 4 + 4
        if digits > MOST_DIGITS:
            raise Unfit("an int of more than a million hex digits")
        self._count_characters(digits)
        return {"i": hex(value)}

    def _container(self, value: Any, kind: type, depth: int, layout: bool) -> Any:
        if depth >= MOST_DEPTH:
            raise Unfit(f"values nested more than {MOST_DEPTH} deep")
        self._items += len(value)
        if self._items > MOST_ITEMS:
            raise Unfit(f"more than {MOST_ITEMS:,} items")
        if kind is dict:
            pairs = []
            for key, item in value.items():
                pairs.append([self._key(key), self.encode(item, depth + 1, layout)])
            return {"d": pairs}
        items = [self.encode(item, depth + 1, layout) for item in value]
        return items if kind is list else {"t": items}

    def _key(self, key: Any) -> Any:
        if not _is_key(key):
            raise Unfit(f"a dict with a key of type {self._name_of(type(key))}")
        return self.encode(key)

    def _array(self, array: Any, layout: bool) -> Any:
        array = array.view()  # its owner may change its shape meanwhile
        name = NAMES.get((array.dtype.kind, array.dtype.itemsize))
        if name is None:
            raise Unfit(f"an array of dtype {array.dtype}")
        if array.ndim > MOST_DIMENSIONS:
            raise Unfit(f"an array of more than {MOST_DIMENSIONS} dimensions")
        if _spread(array.shape) * array.dtype.itemsize > LARGEST_EMPTY:
            raise Unfit("an array of enormous shape")
        self.size += array.nbytes
        if self.size > self._room:
            raise Unfit("more data than there is room for")
        self.arrays.append(array.astype(DTYPES[name], order="C").reshape(-1).view(uint8).data)
        found: dict[str, Any] = {"a": name, "s": list(array.shape)}
        if layout and (laid := layout_of(array)) is not None:
            found["o"] = laid
        return found

    def _count_characters(self, count: int) -> None:
        self._characters += count
        if self._characters > LONGEST_TEXT:
            raise Unfit(f"texts of more than {LONGEST_TEXT:,} characters")


class Decoder:
    """Decodes values. One for each message, which may contain anything."""

    def __init__(self, arrays: memoryview, special: Callable[[Any], Any] = nothing_special) -> None:
        """`arrays` are the bytes of the arrays; `special` gives what a generator's name stands for, or `None`."""
        self._arrays = arrays
        self._position = 0
        self._items = 0
        self._special = special

    def decode(self, node: Any, depth: int = 0) -> Any:
        """The value; its arrays are new ones.

        Raises:
            Unreadable: it is none.
        """
        if node is None or type(node) in (bool, int, float, str):
            return node
        if type(node) is list:
            return self._items_of(node, depth)
        match node:
            case {"a": str(name), "s": list(shape)} if name in DTYPES:
                return laid_out(self._array(DTYPES[name], shape), node.get("o"))
            case {"n": str(name), "x": str(digits)} if name in DTYPES:
                return _number(DTYPES[name], digits)
            case {"t": list(items)}:
                return tuple(self._items_of(items, depth))
            case {"d": list(pairs)}:
                return self._dict(pairs, depth)
            case {"i": str(digits)} if len(digits) <= MOST_DIGITS + 8:
                return _read(lambda: int(digits, 16))
            case {"f": str(digits)}:
                return _read(lambda: _FLOAT.unpack(bytes.fromhex(digits))[0])
            case {"c": [real, imaginary]}:
                parts = self.decode(real), self.decode(imaginary)
                if all(type(part) is float for part in parts):
                    return complex(*parts)
        found = self._special(node)
        if found is None:
            raise Unreadable
        return found

    def is_at_the_end(self) -> bool:
        """Whether all bytes have been used."""
        return self._position == len(self._arrays)

    def _items_of(self, items: Sequence[Any], depth: int) -> list[Any]:
        self._count(items, depth)
        return [self.decode(item, depth + 1) for item in items]

    def _dict(self, pairs: Sequence[Any], depth: int) -> dict[Any, Any]:
        self._count(pairs, depth)
        made: dict[Any, Any] = {}
        for pair in pairs:
            match pair:
                case [key, item]:
                    key = self.decode(key)
                    if not _is_key(key) or key in made:
                        raise Unreadable
                    made[key] = self.decode(item, depth + 1)
                case _:
                    raise Unreadable
        return made

    def _count(self, items: Sequence[Any], depth: int) -> None:
        self._items += len(items)
        if depth >= MOST_DEPTH or self._items > MOST_ITEMS:
            raise Unreadable

    def _array(self, kind: Any, shape: Sequence[Any]) -> Any:
        if len(shape) > MOST_DIMENSIONS or not all(type(length) is int and length >= 0 for length in shape):
            raise Unreadable
        if _spread(shape) * kind.itemsize > LARGEST_EMPTY:
            raise Unreadable
        start, self._position = self._position, self._position + prod(shape) * kind.itemsize
        part = self._arrays[start : self._position]
        if self._position > len(self._arrays):
            raise Unreadable
        return _rebuilt(part, kind).reshape(tuple(shape))


def _is_key(key: Any) -> bool:
    """Whether a value may be a key. Ints must all hash differently: many with one hash would keep the receiver busy."""
    kind = type(key)
    return (
        key is None
        or kind is str
        or kind is float
        or kind is bool
        or (kind is int and abs(key) < LARGEST_KEY)
    )


def _spread(shape: Sequence[int]) -> int:
    return prod(max(1, length) for length in shape)


def _rebuilt(data: Any, kind: Any) -> Any:
    if kind.kind == "b":  # any byte but 0 is true, where NumPy relies on 1
        return not_equal(frombuffer(data, uint8), 0)
    return frombuffer(data, kind).astype(kind.newbyteorder("="))


def _number(kind: Any, digits: str) -> Any:
    data = _read(lambda: bytes.fromhex(digits))
    if len(data) != kind.itemsize:
        raise Unreadable
    return _rebuilt(data, kind)[0]


def _read(reading: Callable[[], Any]) -> Any:
    try:
        return reading()
    except (ValueError, struct.error):
        raise Unreadable from None


def layout_of(array: Any) -> list[Any] | None:
    """How an array lies in memory, where that is not in C order: its axes from the one with the longest steps to the
    one with the shortest, those along which it runs backwards, and whether there are gaps between its elements."""
    if array.flags.c_contiguous or not array.size:
        return None
    axes = sorted(range(array.ndim), key=lambda axis: (-abs(array.strides[axis]), axis))
    flipped = [axis for axis in range(array.ndim) if array.strides[axis] < 0]
    gaps = abs(array.strides[axes[-1]]) > array.itemsize
    return [axes, flipped, gaps]


def laid_out(array: Any, layout: Any) -> Any:
    """The same values, laid out in memory as `layout_of` says.

    Nothing but methods of arrays, which no code can replace.

    Raises:
        Unreadable: that is not a layout of this array.
    """
    if layout is None:
        return array
    match layout:
        case [list(axes), list(flipped), bool(gaps)] if sorted(axes) == [*range(array.ndim)]:
            backwards = tuple(
                slice(None, None, -1) if axis in flipped else slice(None) for axis in range(array.ndim)
            )
        case _:
            raise Unreadable
    moved = array[backwards].transpose(axes).copy(order="C")
    if gaps:
        moved = moved.repeat(2, axis=-1)[..., ::2]
    places = [axes.index(axis) for axis in range(array.ndim)]
    return moved.transpose(places)[backwards]
