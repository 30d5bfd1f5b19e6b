"""Runs untrusted code and writes what comes of it, as raw bytes, into a file.

A stand-alone script: it imports nothing of this project, holds no expected values and decides nothing.

    python child.py REQUEST_FD RESULT_FD NUMPY_FOLDER

`dropout_core.sandbox.wire` describes both files. All that is done here to contain the code is for accuracy
and for a clear message; what the parent relies on is that this is another process.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import math
import os
import random
import resource
import struct
import sys
import types
from typing import Any

FILE_NAME = "<answer>"
LONGEST_TEXT = 300
LONGEST_TRACEBACK = 2000
BALLAST = 8 << 20  # bytes given back when memory runs out, so that this can still be said


class Results:
    """The file that the parent reads once this process is gone: one record after another."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, meta: dict[str, Any], payload: bytes = b"") -> None:
        """Append one record."""
        head = json.dumps(meta).encode()
        for part in (struct.pack("<IQ", len(head), len(payload)) + head, payload):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]

    def write_fault(self, kind: str, text: str, line: int | None = None) -> None:
        """Append what went wrong; `kind` is a `FaultKind`."""
        self.write({"event": "fault", "kind": kind, "text": text[:LONGEST_TEXT], "line": line})

    def write_exception(self, error: BaseException, kind: str = "exception") -> None:
        """Append an exception, as a fault of that kind unless it is of a more telling one."""
        self.write_fault(*_described(error, kind))


def main() -> None:
    """Get everything ready, say so, and from then on be at the mercy of the code."""
    request_descriptor, result_descriptor = int(sys.argv[1]), int(sys.argv[2])
    sys.path.append(sys.argv[3])
    import numpy
    import numpy.random  # noqa: F401  NumPy loads it when first used, which would count as the code's time

    with open(request_descriptor, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        request = json.loads(file.read(length))
        arrays = file.read()
    results = Results(result_descriptor)
    # Site is not loaded, but scripts may end with `exit()`.
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    sys.argv = [""]

    os.write(1, b"ready %d\n" % os.getpid())
    _silence()
    _limit(**request["limits"])
    if request["calls"] is None:
        _evaluate(request["code"], results, room=request["room"])
    else:
        _seed(request["seed"])
        _call(request["code"], request["calls"], arrays, results)
    os._exit(0)


def _silence() -> None:
    """Standard input, output and error become the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _limit(*, memory: int, cpu_seconds: int, file_size: int) -> None:
    """Bound what this process may use; `memory` in bytes, beyond what it has mapped already.

    A limit that the system does not know or refuses is left out.
    """
    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: file_size,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_NPROC: 0,
    }
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  no need to load pathlib
        mapped = int(statm.read().split()[0]) * resource.getpagesize()
        limits[resource.RLIMIT_AS] = mapped + memory
    for which, value in limits.items():
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.getrlimit(which)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (allowed, allowed))


def _seed(seed: int) -> None:
    """Make every source of randomness that does not read a clock follow from `seed`.

    Generators made without a seed ask the system for entropy; here it comes from a generator that `seed`
    started. `randbits` is the name under which NumPy's `SeedSequence` does so.
    """
    import numpy.random.bit_generator

    entropy = random.Random(seed)
    seed_shared = random.seed

    def urandom(size: int, *_: object) -> bytes:
        return entropy.randbytes(size)

    def chosen(a: Any) -> Any:
        return entropy.getrandbits(256) if a is None else a

    class SeededRandom(random.Random):
        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(chosen(a), version)

    replaced: list[tuple[Any, str, Any]] = [
        (os, "urandom", urandom),
        (os, "getrandom", urandom),
        (random, "_urandom", urandom),
        (random, "Random", SeededRandom),
        (random, "seed", lambda a=None, version=2: seed_shared(chosen(a), version)),
        (numpy.random.bit_generator, "randbits", entropy.getrandbits),
    ]
    for module, name, value in replaced:
        if hasattr(module, name):
            setattr(module, name, value)
    numpy.random.seed(entropy.getrandbits(32))
    random.seed(None)


def _new_module(code: str) -> types.ModuleType:
    """An empty module for the code, where tools that look for a class's module (dataclasses, say) find it."""
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    import linecache

    linecache.cache[FILE_NAME] = (len(code), None, code.splitlines(keepends=True), FILE_NAME)
    return module


def _call(code: str, calls: list[dict[str, Any]], arrays: bytes, results: Results) -> None:
    """Define `dropout` and make the calls, one record for each step."""
    import numpy as np

    dropout = _defined(code, results)
    if dropout is None:
        return
    results.write({"event": "defined"})
    for call in calls:
        ballast = bytearray(BALLAST)
        dtype = np.dtype(call["dtype"])
        count = math.prod(call["shape"])
        x = np.frombuffer(arrays, dtype, count, call["offset"]).reshape(call["shape"]).copy()
        p, training = call["p"], call["training"]
        try:
            value = dropout(x=x, p=p, training=training) if call["by_keyword"] else dropout(x, p, training)
            _write_value(value, call["room"], results)
        except BaseException as error:
            del ballast
            results.write_exception(error)


def _defined(code: str, results: Results) -> Any | None:
    """The code's `dropout`, or `None` once the reason why there is none is written."""
    try:
        compiled = compile(code, FILE_NAME, "exec", dont_inherit=True)
    except BaseException as error:
        results.write_exception(error, "syntax")
        return None
    module = _new_module(code)
    ballast = bytearray(BALLAST)
    try:
        exec(compiled, module.__dict__)
    except BaseException as error:
        del ballast
        results.write_exception(error)
        return None
    dropout = module.__dict__.get("dropout")
    if dropout is None:
        results.write_fault("no_function", "No function named dropout is defined")
    elif not callable(dropout):
        results.write_fault("no_function", f"dropout is of type {type(dropout).__name__}, not a function")
        return None
    return dropout


def _write_value(value: Any, room: int, results: Results) -> None:
    """Write an array of at most `room` elements, or why the value is not one."""
    import numpy as np

    kind = type(value)
    if not issubclass(kind, np.ndarray):
        what = "None" if value is None else f"a value of type {kind.__name__}"
        results.write_fault("malformed", f"dropout returned {what}, not a NumPy array")
        return
    array = np.ndarray.view(value, np.ndarray)  # of a subclass, only the memory
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        results.write_fault("malformed", f"dropout returned an array of dtype {array.dtype}, not of numbers")
    elif array.size > room:
        results.write_fault(
            "malformed", f"dropout returned an array of {array.size} elements, far larger than x"
        )
    else:
        plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=True)
        meta = {"event": "returned", "dtype": plain.dtype.str, "shape": plain.shape}
        results.write(meta, plain.tobytes())


class CappedOutput(io.TextIOBase):
    """A standard output that goes into the results as it is written, up to so many bytes."""

    def __init__(self, results: Results, room: int) -> None:
        self._results = results
        self._room = room
        self._cut = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Pass on what there is room for. Says that everything was written, so that printing never fails."""
        data = text.encode("utf-8", "backslashreplace")
        if data and not self._cut:
            kept = data[: self._room]
            self._room -= len(kept)
            self._cut = len(kept) < len(data)
            self._results.write({"event": "stdout", "cut": self._cut}, kept)
        return len(text)


def _evaluate(code: str, results: Results, room: int) -> None:
    """Run the snippet; its output and its error go into the results."""
    import traceback

    import numpy as np

    module = _new_module(code)
    module.__dict__.update(np=np, numpy=np)
    sys.stdout = CappedOutput(results, room)
    ballast = bytearray(BALLAST)
    try:
        exec(compile(code, FILE_NAME, "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        del ballast
        try:
            frames = error.__traceback__.tb_next if error.__traceback__ else None
            text = "".join(traceback.format_exception(type(error), error, frames))
        except BaseException:
            text = _described(error, "exception")[1]
        tail = text.strip()[-LONGEST_TRACEBACK:].encode("utf-8", "backslashreplace")
        results.write({"event": "error"}, tail)
    results.write({"event": "done"})


def _described(error: BaseException, kind: str) -> tuple[str, str, int | None]:
    """Kind, words and line of an exception, however hostile it is."""
    try:
        name, words = type(error).__name__, str(error)
        text = f"{name}: {words}" if words else name
        if kind == "syntax":
            if isinstance(error, SyntaxError):
                return kind, f"{name}: {error.msg}", error.lineno
            return kind, f"Cannot be compiled: {text}", None
        if isinstance(error, MemoryError):
            return "out_of_memory", "Ran out of memory", _line(error)
        if isinstance(error, SystemExit):
            return "exited", "Exited early, with sys.exit", _line(error)
        return kind, text, _line(error)
    except BaseException:
        return kind, "An exception that cannot be described", None


def _line(error: BaseException) -> int | None:
    """The last line of the code that the exception came through."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
