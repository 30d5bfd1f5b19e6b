"""Wire format between this process and the sandbox for functions of any values.

Request and result are framed as `wire` says. The request's JSON names the function, and has each call's arguments as
`values` writes them. A result that is a value has its JSON and the bytes of its arrays in the payload; after it comes
what became of the arguments, where that is watched, and after all calls what became of the results that are. All of it
may be forged: nothing is believed before it is checked, and reading never raises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from dropout_core.sandbox import Fault, NotReached, SeededGenerator, Watch
from dropout_core.sandbox.function_calls import (
    CallsToMake,
    FunctionCall,
    FunctionObservation,
    FunctionResult,
    LaterValue,
    NotSendable,
    ReturnedValue,
)
from dropout_core.sandbox.inside.values import LONGEST_TEXT, Decoder, Encoder, Unfit, Unreadable
from dropout_core.sandbox.wire import (
    LONGEST_META,
    UNREADABLE,
    Limits,
    Record,
    limit_passed,
    records,
    with_length,
)

LARGEST_ARGUMENTS = 256 << 20
"""Most bytes of arrays in all calls together."""
ROOM_A_CALL = 16 << 20
"""Bytes that a call may return, beyond eight times those of its arguments."""
ROOM_IN_ALL = 64 << 20
"""Bytes that all calls may return, beyond eight times those of their arguments."""
TIMES_THE_ARGUMENTS = 8


class FunctionRequest:
    """The request to define a function and make calls of it."""

    def __init__(self, made: CallsToMake) -> None:
        """Encode the arguments.

        Raises:
            NotSendable: one of them is no plain value.
        """
        self._made = made
        self._encoded = [_encoded(number, call) for number, call in enumerate(made.calls)]
        self._given = sum(encoder.size for _, _, encoder in self._encoded)
        if self._given > LARGEST_ARGUMENTS:
            raise NotSendable(
                len(made.calls) - 1, f"more than {LARGEST_ARGUMENTS >> 20} MB, with all before it"
            )
        self._room = ROOM_IN_ALL + TIMES_THE_ARGUMENTS * self._given
        self.result_size = self._room + LONGEST_META * (2 + 3 * len(made.calls))
        """Most bytes of an honest result."""

    def parts(self, code: str, seed: int, limits: Limits) -> list[bytes | memoryview]:
        """Parts of the request, to be written one after another."""
        arrays: list[bytes | memoryview] = []
        described = []
        position = 0
        for call, (args, kwargs, encoder) in zip(self._made.calls, self._encoded, strict=True):
            end = position + encoder.size
            described.append(
                {
                    "args": args,
                    "kwargs": kwargs,
                    "bytes": [position, end],
                    "watch": sorted(call.watch),
                    "room": ROOM_A_CALL + TIMES_THE_ARGUMENTS * encoder.size,
                }
            )
            arrays += encoder.arrays
            position = end
        head = {
            "code": code,
            "seed": seed,
            "limits": asdict(limits),
            "function": self._made.function,
            "generators": _seeds(self._made.calls),
            "room": self._room,
            "calls": described,
        }
        return [with_length(head), *arrays]


def _encoded(number: int, call: FunctionCall) -> tuple[Any, Any, Encoder]:
    encoder = Encoder(LARGEST_ARGUMENTS, _stand_in)
    try:
        return (
            encoder.encode(list(call.args), layout=True),
            encoder.encode(dict(call.kwargs), layout=True),
            encoder,
        )
    except Unfit as unfit:
        raise NotSendable(number, str(unfit)) from None


def _stand_in(value: Any) -> Any:
    return {"g": value.name} if isinstance(value, SeededGenerator) else None


def _seeds(calls: Sequence[FunctionCall]) -> dict[str, int]:
    """Seed of each generator; of two with one name, that of the first."""
    seeds: dict[str, int] = {}
    for call in calls:
        for generator in _generators([*call.args, *call.kwargs.values()]):
            seeds.setdefault(generator.name, generator.seed)
    return seeds


def _generators(value: Any) -> Iterator[SeededGenerator]:
    if isinstance(value, SeededGenerator):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _generators(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _generators(item)


def decode_function_observation(result: bytes, made: CallsToMake, ended: Fault) -> FunctionObservation:
    """What the calls gave. `ended` says how the process ended, which counts when a step has no record, or when it was
    for lack of time."""
    found = records(result, ended)
    first = next(found)
    early = limit_passed(ended)
    if isinstance(first, Fault) or first.event != "defined":
        fault = first if isinstance(first, Fault) else first.fault()
        early = first if isinstance(first, Fault) else early
        return FunctionObservation(fault, tuple(NotReached() for _ in made.calls), early)
    generators = _by_name(made.calls)
    results: list[FunctionResult] = []
    for call in made.calls:
        one = _call_result(call, found, generators)
        if one is None:
            early = _next_fault(found)
            break
        results.append(one)
    else:
        early = _add_later(made.calls, results, found, generators) or early
    missing = len(made.calls) - len(results)
    return FunctionObservation(None, (*results, *[NotReached()] * missing), early)


def _next_fault(found: Iterator[Record | Fault]) -> Fault | None:
    """Fault where the records end."""
    one = next(found)
    return one if isinstance(one, Fault) else None


def _by_name(calls: Sequence[FunctionCall]) -> dict[str, SeededGenerator]:
    made = [one for call in calls for one in _generators([*call.args, *call.kwargs.values()])]
    return {one.name: one for one in reversed(made)}


def _call_result(
    call: FunctionCall, found: Iterator[Record | Fault], generators: dict[str, SeededGenerator]
) -> FunctionResult | None:
    """Result of one call, from its one or two records; `None` where there are no more."""
    record = next(found)
    if isinstance(record, Fault):
        return None
    value = _value_in(record, "value", generators)
    if isinstance(value, Fault):
        return value
    if Watch.INPUT not in call.watch:
        return ReturnedValue(value.value)
    record = next(found)
    if isinstance(record, Fault):
        return None
    after = _value_in(record, "input", generators)
    if isinstance(after, Fault):
        return ReturnedValue(value.value, after)
    match after.value:
        case [list(args), dict(kwargs)]:
            return ReturnedValue(value.value, (args, kwargs))
    return UNREADABLE


def _add_later(
    calls: Sequence[FunctionCall],
    results: list[FunctionResult],
    found: Iterator[Record | Fault],
    generators: dict[str, SeededGenerator],
) -> Fault | None:
    """Add the later state of results that are read again; returns the fault that cut this short, if any."""
    for place, (call, result) in enumerate(zip(calls, results, strict=True)):
        if Watch.RESULT not in call.watch or not isinstance(result, ReturnedValue):
            continue
        record = next(found)
        if isinstance(record, Fault):
            return record
        results[place] = ReturnedValue(
            result.value, result.input_after, _value_in(record, "later", generators)
        )
    return None


def _value_in(record: Record, event: str, generators: dict[str, SeededGenerator]) -> LaterValue | Fault:
    """Value or fault in the record."""
    if record.event != event:
        return record.fault()
    length = record.meta.get("text")
    if type(length) is not int or not 0 < length <= min(LONGEST_TEXT, len(record.payload)):
        return UNREADABLE

    def generator(node: Any) -> SeededGenerator | None:
        name = node.get("g") if isinstance(node, dict) else None
        return generators.get(name) if isinstance(name, str) else None

    try:
        decoder = Decoder(record.payload[length:], generator)
        value = decoder.decode(json.loads(bytes(record.payload[:length])))
        if not decoder.is_at_the_end():
            return UNREADABLE
    except (Unreadable, ValueError, OverflowError, RecursionError, MemoryError):
        return UNREADABLE
    return LaterValue(value)
