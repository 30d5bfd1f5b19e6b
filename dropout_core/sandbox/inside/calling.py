"""Arguments of calls of untrusted code, and observations of a call besides its result.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from math import prod
from typing import Any

from numpy import bool_, float64, frombuffer

from .counted_memory import CountedMemory

USUAL: dict[str, Any] = {"p_type": "float", "training_type": "bool", "keywords": {}, "layout": "c"}
"""Default values of a call's fields, which need not be sent."""
RATES = {"int": int, "float64": float64, "float": float}
BOOLS = {"bool": bool, "bool_": bool_}


def input_of(call: dict[str, Any], arrays: memoryview) -> Any:
    """`x` of the call, C-ordered and writable."""
    count = prod(call["shape"])
    return frombuffer(arrays, call["dtype"], count, call["offset"]).reshape(call["shape"]).copy()


def rate_of(call: dict[str, Any]) -> Any:
    """`p` of the call, a number of the requested type."""
    return RATES[call["p_type"]](call["p"])


def training_of(call: dict[str, Any]) -> Any:
    """`training` of the call, a bool of the requested type."""
    return BOOLS[call["training_type"]](call["training"])


def laid_out(x: Any, layout: str) -> Any:
    """The same values in a `Layout`. A 0-d array has only one layout.

    Nothing but methods of arrays, which the code cannot replace.
    """
    if x.ndim == 0 or layout == "c":
        return x
    if layout == "fortran":
        return x.copy(order="F")
    if layout == "strided":
        wide = x.repeat(2, axis=-1)
        wide[..., 1::2] = 77  # unused
        return wide[..., ::2]
    if layout == "reversed":
        backwards = (slice(None, None, -1),) * x.ndim
        return x[backwards].copy()[backwards]
    first_last = x.transpose(*range(1, x.ndim), 0).copy()
    return first_last.transpose(-1, *range(x.ndim - 1))


class Observer:
    """Observes calls, using functions that were saved before the code could replace them."""

    def __init__(self, calls: list[dict[str, Any]]) -> None:
        if any(set(call["watch"]) & {"global_randomness", "memory"} for call in calls):
            self._get_ready()
        seeds = {
            value["generator"]: value["seed"]
            for call in calls
            for value in call["keywords"].values()
            if isinstance(value, dict)
        }
        self._generators = {name: _generator(seed) for name, seed in seeds.items()}

    def _get_ready(self) -> None:
        import zlib

        import numpy.random

        self._memory = CountedMemory()
        self._checksum = zlib.crc32
        self._numpy_state, self._python_state = numpy.random.get_state, random.getstate

    def keywords(self, call: dict[str, Any]) -> dict[str, Any]:
        """Further arguments of the call."""
        return {name: self._decoded(value) for name, value in call["keywords"].items()}

    def _decoded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._generators[value["generator"]]
        return tuple(value) if isinstance(value, list) else value

    def watching(self, watch: list[str]) -> AbstractContextManager[dict[str, Any]]:
        """Observe the code inside, filling in the object that it yields."""
        observed = "memory" in watch or "global_randomness" in watch
        return self._watching(watch) if observed else contextlib.nullcontext({})

    @contextlib.contextmanager
    def _watching(self, watch: list[str]) -> Iterator[dict[str, Any]]:
        seen: dict[str, Any] = {}
        before = self._global_state() if "global_randomness" in watch else 0
        if "memory" in watch:
            self._memory.start()
        try:
            yield seen
            if "memory" in watch:
                seen["peak"] = self._memory.peak()  # without one the result cannot be read
        finally:
            if "memory" in watch:
                self._memory.stop()
        if "global_randomness" in watch:
            seen["global_states"] = [before, self._global_state()]

    def _global_state(self) -> int:
        _, words, *rest = self._numpy_state()
        state = bytes(words), rest, self._python_state()  # type: ignore[arg-type]  # the stub takes it for a str
        return self._checksum(repr(state).encode())


def _generator(seed: int) -> Any:
    import numpy.random

    return numpy.random.default_rng(seed)
