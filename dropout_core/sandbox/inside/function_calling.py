"""Calls of any function of the untrusted code, and writing of their results.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.random import default_rng

from .child import ENCODED, Results, defined, fault_written
from .exception_report import class_name
from .unseen import Steps
from .values import LONGEST_TEXT, Decoder, Encoder, Unfit


class Room:
    """Number of bytes that may still be returned."""

    def __init__(self, total: int) -> None:
        self.left = total


class Generators:
    """Generators for the calls, made before the code runs and could change how."""

    def __init__(self, seeds: dict[str, int]) -> None:
        self._made = {name: default_rng(seed) for name, seed in seeds.items()}

    def named(self, node: Any) -> Any:
        """Generator for a `node`."""
        return self._made[node["g"]]

    def name(self, value: Any) -> Any:
        """Placeholder of a generator; `None` for anything else."""
        for name, made in self._made.items():
            if value is made:
                return {"g": name}
        return None


def graded_function(request: dict[str, Any], arrays: memoryview, results: Results) -> Steps:
    """Define the function and make the calls; one record for each step."""
    name = request["function"]
    generators, room = Generators(request["generators"]), Room(request["room"])
    function = yield from defined(request["code"], results, name)
    yield None
    if function is None:
        return
    results.write({"event": "defined"})
    kept: list[tuple[Any, int] | None] = []
    for call in request["calls"]:
        try:
            yield from _call_once(function, name, call, arrays, generators, results, room, kept)
        except Exception as error:  # such as too little memory
            yield from fault_written(error, "exception", results)
        yield None
    for one in filter(None, kept):
        value, most = one
        _write(results, "later", value, most, room, generators, "a value that cannot be read any more: {}")


def _call_once(
    function: Callable[..., Any],
    name: str,
    call: dict[str, Any],
    arrays: memoryview,
    generators: Generators,
    results: Results,
    room: Room,
    kept: list[tuple[Any, int] | None],
) -> Steps:
    """Make one call. What it returned is added to those `kept`, where it is to be looked at again."""
    start, end = call["bytes"]
    decoder = Decoder(arrays[start:end], generators.named)
    args, kwargs = decoder.decode(call["args"]), decoder.decode(call["kwargs"])
    came: list[Any] = [None, None]
    yield function, args, kwargs, came
    value, error = came
    if error is not None:
        yield from fault_written(error, "exception", results, args, kwargs, came)
        return
    watch = call["watch"]
    returned = _write(results, "value", value, call["room"], room, generators, f"{name} returned {{}}")
    if returned and "input" in watch:
        _write(results, "input", [args, kwargs], call["room"], room, generators, "the input now holds {}")
    if returned and "result" in watch:
        kept.append((value, call["room"]))


def _write(
    results: Results,
    event: str,
    value: Any,
    most: int,
    room: Room,
    generators: Generators,
    words: str,
) -> bool:
    """Write a value of at most so many bytes, or why it cannot be; whether it was."""
    encoder = Encoder(min(most, room.left), generators.name, class_name)
    try:
        text = "".join(ENCODED(encoder.encode(value), 0)).encode()
        if len(text) > LONGEST_TEXT or len(text) + encoder.size > room.left:
            raise Unfit("more data than there is room for")
    except Unfit as unfit:
        results.write_fault("malformed", words.format(unfit))
        return False
    room.left -= len(text) + encoder.size
    results.write({"event": event, "text": len(text)}, text, *encoder.arrays)
    return True
