"""Runs untrusted code and writes what comes of it, as raw bytes, into a file.

It imports nothing of this project (see `launch`), holds no expected values and decides nothing.

    python launch.py child REQUEST_FD RESULT_FD NUMPY_FOLDER

`dropout_core.sandbox.wire` describes both files. All that is done here to contain the code is for accuracy
and for a clear message; what the parent relies on is that this is another process.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import mmap
import os
import resource
import struct
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

from . import randomness
from .calling import Observer, input_of, laid_out

FILE_NAME = "<answer>"
LONGEST_TEXT = 300
LONGEST_TRACEBACK = 2000
LONGEST_NAME = 80
MOST_TYPES = 20
MOST_CAUSES = 5
BALLAST = 8 << 20  # bytes
ALIGNMENT = 16  # bytes
HEAD = struct.Struct("<IQ")
LENGTH = struct.Struct("<Q")
DECODER = json.JSONDecoder()
REFUSALS = (errno.EPERM, errno.EACCES, errno.EROFS)
NO_TEMPORARY_FOLDER = "No usable temporary directory"
"""What `tempfile` says when it was refused everywhere."""
MAP_AT_ONCE: int = mmap.MAP_PRIVATE | getattr(mmap, "MAP_POPULATE", 0)


class Results:
    """The file that the parent reads once this process is gone: one record after another."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0
        self._ballast = _reserved()

    def write(self, meta: dict[str, Any], *payload: bytes | memoryview) -> None:
        """Append one record. The parts of the payload are of single bytes."""
        head = json.dumps(meta).encode()
        # Spaces behind the JSON, so that an array lies as arrays should, and need not be copied to be used.
        head += b" " * (-(self._position + HEAD.size + len(head)) % ALIGNMENT)
        length = sum(map(len, payload))
        for part in (HEAD.pack(len(head), length) + head, *payload):
            rest = memoryview(part)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        self._position += HEAD.size + len(head) + length

    def write_fault(self, kind: str, text: str, line: int | None = None, types: tuple[str, ...] = ()) -> None:
        """Append what went wrong; `kind` is a `FaultKind`, `types` the names of an exception's classes."""
        what = {"kind": kind, "text": text[:LONGEST_TEXT], "line": line, "types": types}
        self.write({"event": "fault", **what})

    def write_exception(self, error: BaseException, kind: str = "exception") -> None:
        """Append an exception, as a fault of that kind unless it is of a more telling one."""
        self.make_room()
        self.write_fault(*_described(error, kind), _types(error))
        self._ballast = _reserved()

    def make_room(self) -> None:
        """Give memory back, so that what happened can be said also when it has run out."""
        self._ballast = None


def _reserved() -> mmap.mmap | None:
    """Memory that is not used, which costs nothing; `None` when there is no more."""
    try:
        return mmap.mmap(-1, BALLAST, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, MemoryError):
        return None


def main(arguments: list[str]) -> None:
    """Get everything ready, say so, and from then on be at the mercy of the code."""
    import_numpy(arguments[2])
    request, arrays = read_request(int(arguments[0]))
    results = Results(int(arguments[1]))
    os.write(1, b"ready %d\n" % os.getpid())
    silence()
    limit(mapped_memory(), **request["limits"])
    run(request, arrays, results)


def import_numpy(folder: str) -> None:
    """Load NumPy from the folder that holds it. Nothing else in that folder can be imported."""
    sys.path.append(folder)
    import numpy
    import numpy.random  # noqa: F401  NumPy loads it when first used, which would count as the code's time

    sys.path.remove(folder)


def read_request(descriptor: int) -> tuple[dict[str, Any], memoryview]:
    """What to do, and the bytes of the input arrays, which are not copied. Closes the file."""
    whole = memoryview(mmap.mmap(descriptor, 0, MAP_AT_ONCE, mmap.PROT_READ))
    os.close(descriptor)
    (length,) = LENGTH.unpack_from(whole)
    request, _ = DECODER.raw_decode(str(whole[8 : 8 + length], "ascii"))
    return request, whole[8 + length :]


def run(request: dict[str, Any], arrays: memoryview, results: Results) -> NoReturn:
    """Do what the request asks for, and end the process."""
    # Site is not loaded, but scripts may end with `exit()`.
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    sys.argv = [""]
    try:
        if request["calls"] is None:
            randomness.start_anew()
            _evaluate(request["code"], results, room=request["room"])
        else:
            randomness.follow_from(request["seed"])
            call(request["code"], request["calls"], arrays, results)
    except BaseException as error:  # of a trace function or a signal handler, between two calls
        results.write_exception(error)
    os._exit(0)


def silence() -> None:
    """Standard input, output and error become the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def mapped_memory() -> int | None:
    """The bytes that this process has mapped; `None` where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  no need to load pathlib
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def limit(mapped: int | None, *, memory: int, cpu_seconds: int, file_size: int) -> None:
    """Bound what this process may use; `memory` in bytes, beyond what it has `mapped` already.

    A limit that the system does not know or refuses is left out.
    """
    limits = [
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_size),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_NPROC, 0),
    ]
    if mapped is not None:
        limits.append((resource.RLIMIT_AS, mapped + memory))
    for which, value in limits:
        try:
            _, hard = resource.getrlimit(which)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (allowed, allowed))
        except (OSError, ValueError):
            pass


def _new_module(code: str) -> types.ModuleType:
    """An empty module for the code, where tools that look for a class's module (dataclasses, say) find it."""
    module = types.ModuleType("answer")
    sys.modules["answer"] = module
    import linecache

    linecache.cache[FILE_NAME] = (len(code), None, code.splitlines(keepends=True), FILE_NAME)
    return module


def call(code: str, calls: list[dict[str, Any]], arrays: memoryview, results: Results) -> None:
    """Define `dropout` and make the calls, one record for each step."""
    observer = Observer(calls)
    dropout = _defined(code, results)
    if dropout is None:
        return
    results.write({"event": "defined"})
    for one in calls:
        try:
            _call_once(dropout, one, arrays, observer, results)
        except BaseException as error:
            results.write_exception(error)


def _call_once(
    dropout: Callable[..., Any],
    call: dict[str, Any],
    arrays: memoryview,
    observer: Observer,
    results: Results,
) -> None:
    """Make one call. Its arrays are gone afterwards, so that the next call's can lie where they lay."""
    x = laid_out(input_of(call, arrays), call["layout"])
    kept = x.view()  # the code may give `x` itself another shape
    p, training = call["p"], call["training"]
    keywords = observer.keywords(call)
    if call["by_keyword"]:
        keywords = {"x": x, "p": p, "training": training, **keywords}
    given = () if call["by_keyword"] else (x, p, training)
    with observer.watching(call["watch"]) as seen:
        value = dropout(*given, **keywords)
    after = kept.tobytes() if "input" in call["watch"] else b""
    _write_value(value, call, results, seen, after)


def _defined(code: str, results: Results) -> Any | None:
    """The code's `dropout`, or `None` once the reason why there is none is written."""
    try:
        compiled = compile(code, FILE_NAME, "exec", dont_inherit=True)
    except BaseException as error:
        results.write_exception(error, "syntax")
        return None
    module = _new_module(code)
    try:
        exec(compiled, module.__dict__)
    except BaseException as error:
        results.write_exception(error)
        return None
    dropout = module.__dict__.get("dropout")
    if dropout is None:
        results.write_fault("no_function", "No function named dropout is defined")
    elif not callable(dropout):
        results.write_fault("no_function", f"dropout is of type {type(dropout).__name__}, not a function")
        return None
    return dropout


def _in_words(value: Any) -> str:
    """What was returned instead of an array."""
    import numpy as np

    kind = type(value)
    if value is None:
        return "None"
    if kind is tuple:
        return f"a tuple of {len(value)} values"
    if kind in (int, float, bool, complex) or issubclass(kind, np.generic):
        return f"a single number of type {kind.__name__}"
    return f"a value of type {kind.__name__}"


def _write_value(
    value: Any, call: dict[str, Any], results: Results, seen: dict[str, Any], after: bytes
) -> None:
    """Write an array of at most so many elements as the call has room for, or why the value is not one.

    `seen` and `after`, the bytes of `x`, go with it.
    """
    import numpy as np

    if not call["shape"] and isinstance(value, np.generic):  # what NumPy makes of 0-d arrays
        value = np.asarray(value)
    room = call["room"]
    kind = type(value)
    if not issubclass(kind, np.ndarray):
        results.write_fault("malformed", f"dropout returned {_in_words(value)}, not a NumPy array")
        return
    array = np.ndarray.view(value, np.ndarray)  # of a subclass, only the memory
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        results.write_fault("malformed", f"dropout returned an array of {array.dtype}, wider than float64")
    elif array.dtype.kind not in "biuf":
        results.write_fault("malformed", f"dropout returned an array of dtype {array.dtype}, not of numbers")
    elif array.size > room:
        results.write_fault(
            "malformed", f"dropout returned an array of {array.size} elements, far larger than x"
        )
    else:
        plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        meta = {"event": "returned", "dtype": plain.dtype.str, "shape": plain.shape, **seen}
        results.write(meta, plain.reshape(-1).view(np.uint8).data, after)


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
    try:
        exec(compile(code, FILE_NAME, "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        results.make_room()
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
        if _was_forbidden(error):
            return "forbidden", f"Not allowed in the sandbox: {text}", _line(error)
        if isinstance(error, SystemExit):
            return "exited", "Exited early, with sys.exit", _line(error)
        return kind, text, _line(error)
    except BaseException:
        return kind, "An exception that cannot be described", None


def _was_forbidden(error: BaseException) -> bool:
    """Whether the system refused something, also where a library says so in its own words."""
    seen: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if isinstance(seen, OSError) and seen.errno in REFUSALS:
            return True
        if isinstance(seen, FileNotFoundError) and NO_TEMPORARY_FOLDER in str(seen):
            return True
        if isinstance(seen, RuntimeError) and seen.args == ("can't start new thread",):
            return True
        if seen is None:
            return False
        seen = seen.__cause__ or seen.__context__
    return False


def _types(error: BaseException) -> tuple[str, ...]:
    """The names of the exception's classes, however hostile they are."""
    try:
        names = (type.__getattribute__(kind, "__name__") for kind in type.mro(type(error)))
        return tuple(str(name)[:LONGEST_NAME] for name in names)[:MOST_TYPES]
    except BaseException:
        return ()


def _line(error: BaseException) -> int | None:
    """The last line of the code that the exception came through."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE_NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
