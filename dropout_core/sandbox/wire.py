"""Wire format between this process and the untrusted one: raw bytes, never pickles.

The **request** is an 8-byte length, that many bytes of JSON, and the bytes of the input arrays, one after
another. The JSON holds the code, the limits, and for each call its arguments, the dtype, shape, offset and
layout of `x`, what to watch, and how many elements the output may have; but for what is as usual (`calling.USUAL`).

The **result** is a row of records: the length of a JSON object (4 bytes), the length of a payload (8 bytes),
the object, the payload. After those of the calls there is one more, with the arrays that are looked at again. All
lengths are little-endian. `child.py` writes it while the code runs, so what came
before a crash is kept. Everything in it may be forged: nothing is believed before its type, size and shape
are checked, and reading never raises.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dropout_core.sandbox import (
    Call,
    CallResult,
    ExpressionResult,
    Fault,
    FaultKind,
    KeywordValue,
    Layout,
    NotReached,
    Observation,
    Returned,
    SeededGenerator,
    Watch,
)
from dropout_core.sandbox.printable import printable, settled

DTYPES = {
    dtype.str: dtype
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1")
    for dtype in (np.dtype(name).newbyteorder("<"),)
}
"""Dtypes of arrays that may be sent, by their names on the wire."""
LONGEST_META = 16_384
MOST_DIMENSIONS = 32
MOST_LINES = 10**7
MOST_TYPES = 20
STDOUT_LIMIT = 20_000
"""Most bytes kept of an agent's output."""
EXPRESSION_RESULT_LIMIT = 8 << 20
"""Most bytes of a snippet's result; many short prints make many records."""

MOST_MEMORY = 1 << 63
"""Upper limit in bytes; no machine has as many."""
_RECORD_HEAD = struct.Struct("<IQ")


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits of the untrusted process."""

    memory: int
    """Bytes beyond those mapped by the interpreter with NumPy loaded."""
    cpu_seconds: int
    file_size: int
    """Most bytes of any file it writes, including the result."""


def room_for(call: Call) -> int:
    """Most elements in the output of a call: enough to see that a shape is wrong, but bounded."""
    return 4 * call.x.size + 1024


def result_limit(calls: Sequence[Call]) -> int:
    """Most bytes of an honest result of these calls."""
    return 2 * LONGEST_META + sum(
        (2 if Watch.RESULT in call.watch else 1) * 8 * room_for(call) + call.x.nbytes + LONGEST_META
        for call in calls
    )


def encode_calls(code: str, calls: Sequence[Call], seed: int, limits: Limits) -> list[bytes | memoryview]:
    """The request to define `dropout` and make the calls, in parts to be written one after another, before any
    `x` is changed."""
    described = []
    arrays: list[memoryview] = []
    offset = 0
    # Arrays that several calls use are sent once: their place in the request, and here.
    placed: dict[int, tuple[int, int]] = {}
    for call in calls:
        dtype = _little_endian(call.x.dtype)
        whole = _whole(call.x)
        if id(whole) not in placed:
            placed[id(whole)] = offset, _address(whole)
            plain = whole.astype(dtype, order="C", copy=False)
            arrays.append(plain.reshape(-1).view(np.uint8).data)
            offset += plain.nbytes
        begin, address = placed[id(whole)]
        if whole is not call.x:
            begin += _address(call.x) - address
        described.append(
            {
                "dtype": dtype.str,
                "shape": call.x.shape,
                "offset": begin,
                "p": float(call.p),
                "training": bool(call.training),
                "by_keyword": call.by_keyword,
                "watch": _in_order(call.watch),
                "room": room_for(call),
                **_unusual(call),
            }
        )
    head = {"code": code, "seed": seed, "limits": asdict(limits), "calls": described}
    return [with_length(head), *arrays]


@cache
def _little_endian(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype.newbyteorder("<")


@cache
def _in_order(watch: frozenset[Watch]) -> tuple[Watch, ...]:
    return tuple(sorted(watch))


def _unusual(call: Call) -> dict[str, object]:
    """Fields that differ from `calling.USUAL`."""
    unusual: dict[str, object] = {}
    if type(call.p) is not float:
        unusual["p_type"] = _number_type(call.p)
    if isinstance(call.training, np.bool_):
        unusual["training_type"] = "bool_"
    if call.keywords:
        unusual["keywords"] = {name: _encoded(value) for name, value in call.keywords.items()}
    if call.layout is not Layout.C:
        unusual["layout"] = call.layout
    return unusual


def _number_type(p: float) -> str:
    if isinstance(p, np.float64):
        return "float64"
    return "int" if isinstance(p, int) else "float"


def _whole(x: NDArray[Any]) -> NDArray[Any]:
    """Array with the bytes of `x` in C order: the one that `x` is a part of, or `x` itself."""
    owner = x.base
    if not isinstance(owner, np.ndarray) or not x.size or x.dtype != owner.dtype:
        return x
    if not (x.flags.c_contiguous and owner.flags.c_contiguous):
        return x
    return owner


def _address(array: NDArray[Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def _encoded(value: KeywordValue) -> object:
    """The value as JSON: a list for a tuple, an object for a generator."""
    if isinstance(value, SeededGenerator):
        return {"generator": value.name, "seed": value.seed}
    return value


def encode_expression(code: str, limits: Limits) -> list[bytes | memoryview]:
    """Request to run an agent's snippet."""
    return [with_length({"code": code, "limits": asdict(limits), "calls": None, "room": STDOUT_LIMIT})]


def with_length(head: dict[str, Any]) -> bytes:
    """JSON of the request, after its length."""
    raw = json.dumps(head).encode("ascii")  # lone surrogates travel as escapes
    return struct.pack("<Q", len(raw)) + raw


def decode_observation(result: bytes, calls: Sequence[Call], ended: Fault) -> Observation:
    """What the calls gave. `ended` says how the process ended, which counts when a step has no record, or when it was
    for lack of time."""
    found = records(result, ended)
    first = next(found)
    if isinstance(first, Fault) or first.event != "defined":
        fault = first if isinstance(first, Fault) else first.fault()
        early = first if isinstance(first, Fault) else limit_passed(ended)
        return Observation(fault, tuple(NotReached() for _ in calls), early)
    results: list[CallResult] = []
    kept: list[int] = []  # those that are read again after the last call
    early = limit_passed(ended)
    whole = True
    for call, record in zip(calls, found, strict=False):
        if isinstance(record, Fault):
            early, whole = record, False
            break
        made = record.call_result(call)
        if isinstance(made, Returned) and record.meta.get("kept") is True:
            kept.append(len(results))
        results.append(made)
    if kept and whole:
        last = next(found)
        if isinstance(last, Fault):
            early = last
        else:
            _add_later(results, kept, last)
    missing = len(calls) - len(results)
    return Observation(None, (*results, *[NotReached()] * missing), early)


def limit_passed(ended: Fault) -> Fault | None:
    """Ending of the process, if it counts although the result is complete."""
    return ended if ended.kind is FaultKind.TIMEOUT else None


def _add_later(results: list[CallResult], kept: Sequence[int], record: Record) -> None:
    """Add to the `kept` results what the last record says that became of them; one that says something else is the
    fault of them all."""
    payload = record.payload if record.event == "kept" else memoryview(b"")
    arrays = [result.array for place in kept if isinstance(result := results[place], Returned)]
    whole = sum(array.nbytes for array in arrays) == len(payload)
    end = 0
    for place, array in zip(kept, arrays, strict=True):
        result, start, end = results[place], end, end + array.nbytes
        if whole and isinstance(result, Returned):
            later = _rebuilt(payload[start:end], _little_endian(array.dtype), array.shape)
            results[place] = Returned(
                array, result.input_after, result.global_states, result.peak, array_later=later
            )
        else:
            results[place] = UNREADABLE


def decode_expression(result: bytes, ended: Fault) -> ExpressionResult:
    """What the snippet printed, and how it went. `ended` says how its process ended."""
    printed = bytearray()
    cut = False
    error: str | None = None
    for record in records(result, ended):
        if isinstance(record, Fault):
            error = str(record)
            break
        if record.event == "done":
            break
        if record.event == "stdout":
            printed += record.payload[: STDOUT_LIMIT - len(printed)]
            cut = cut or record.meta.get("cut") is True
        elif record.event == "error":
            error = _decoded(bytes(record.payload[:LONGEST_META]))
    stdout = _decoded(bytes(printed))
    if cut:
        stdout += f"\n[cut after {STDOUT_LIMIT} bytes]\n"
    late = limit_passed(ended)
    if error is None and late is not None:
        error = str(late)
    return ExpressionResult(stdout, error, timed_out=late is not None)


class Record(NamedTuple):
    """One unchecked record of a result."""

    meta: dict[str, Any]
    payload: memoryview

    @property
    def event(self) -> object:
        """Kind of the record."""
        return self.meta.get("event")

    def fault(self) -> Fault:
        """Fault in the record; a fault of its own if there is none."""
        match self.meta:
            case {"event": "fault", "kind": str(kind), "text": str(text), "line": line} if (
                kind in _KINDS and text.strip()
            ):
                known = type(line) is int and 0 < line < MOST_LINES
                types = self.meta.get("types")
                named = types if isinstance(types, list) else []
                return Fault(
                    FaultKind(kind),
                    settled(printable(text)),
                    line if known else None,
                    tuple(printable(name) for name in named[:MOST_TYPES] if isinstance(name, str)),
                )
            case _:
                return UNREADABLE

    def call_result(self, call: Call) -> CallResult:
        """Array or fault in the record."""
        if self.event != "returned":
            return self.fault()
        watched = call.x.nbytes if Watch.INPUT in call.watch else 0
        middle = len(self.payload) - watched
        if middle < 0:
            return UNREADABLE
        array = self._array(room_for(call), self.payload[:middle])
        if array is None:
            return UNREADABLE
        after = None
        if Watch.INPUT in call.watch:
            after = _rebuilt(self.payload[middle:], _little_endian(call.x.dtype), call.x.shape)
        states, peak = self.meta.get("global_states"), self.meta.get("peak")
        match states:
            case [int(before), int(later)]:
                states = (before, later)
            case _:
                states = None
        if (Watch.GLOBAL_RANDOMNESS in call.watch and states is None) or (
            Watch.MEMORY in call.watch and not (type(peak) is int and 0 <= peak < MOST_MEMORY)
        ):
            return UNREADABLE
        return Returned(
            array,
            after,
            states if Watch.GLOBAL_RANDOMNESS in call.watch else None,
            peak if Watch.MEMORY in call.watch else None,
        )

    def _array(self, room: int, payload: memoryview) -> NDArray[Any] | None:
        """The array, if dtype, shape and number of bytes are allowed and agree with each other."""
        match self.meta:
            case {"dtype": str(name), "shape": list(shape)} if (
                name in DTYPES and len(shape) <= MOST_DIMENSIONS
            ):
                dtype = DTYPES[name]
            case _:
                return None
        for length in shape:
            if type(length) is not int or not 0 <= length <= room:
                return None
        count = math.prod(shape)
        # NumPy refuses enormous shapes of no elements, too.
        spread = count or math.prod(max(1, length) for length in shape)
        if spread > max(1, room) or count * dtype.itemsize != len(payload):
            return None
        return _rebuilt(payload, dtype, tuple(shape))


def _rebuilt(payload: memoryview, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Array from these bytes, in this process's byte order. Nothing else refers to them."""
    if dtype.kind == "b":  # any byte but 0 is true, where NumPy relies on 1
        return np.not_equal(np.frombuffer(payload, np.uint8), 0).reshape(shape)
    values: NDArray[Any] = np.frombuffer(payload, dtype)
    if not dtype.isnative:
        values = values.astype(dtype.newbyteorder("="))
    return values.reshape(shape)


_DECODER = json.JSONDecoder()
_WHITE_SPACE = " \t\n\r"
"""White space of JSON."""
_KINDS = frozenset(FaultKind)
UNREADABLE = Fault(FaultKind.MALFORMED, "The result cannot be read: the code tampered with it")


def records(result: bytes, ended: Fault) -> Iterator[Record | Fault]:
    """The records in turn; where they end or make no sense, the same fault without end."""
    position, whole = 0, memoryview(result)
    while True:
        start = position + _RECORD_HEAD.size
        if start > len(result):
            break
        meta_length, payload_length = _RECORD_HEAD.unpack_from(result, position)
        if meta_length == 0:  # the rest of a file of fixed size, never written
            break
        middle = start + meta_length
        position = middle + payload_length
        if meta_length > LONGEST_META:
            ended = UNREADABLE
            break
        if position > len(result):
            break
        meta = _parsed(result[start:middle])
        if meta is None:
            ended = UNREADABLE
            break
        yield Record(meta, whole[middle:position])
    while True:
        yield ended


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        text = str(raw, "utf-8").strip(_WHITE_SPACE)
        meta, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return meta if end == len(text) and isinstance(meta, dict) else None


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
