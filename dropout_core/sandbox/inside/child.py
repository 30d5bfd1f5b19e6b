"""Runs untrusted code and writes its results, as raw bytes, into a file.

It imports nothing of this project (see `launch`), holds no expected values and decides nothing.

`dropout_core.sandbox.wire` describes both files. Everything done here to contain the code only serves accuracy and
clear messages; the parent relies solely on this being another process.
"""

from __future__ import annotations

import builtins
import io
import json
import mmap
import os
import resource
import struct
import sys
import time
import types
from collections.abc import Callable, Generator, Iterable, Iterator
from json.encoder import c_make_encoder, encode_basestring_ascii  # type: ignore[attr-defined]
from os import _exit, write
from typing import TYPE_CHECKING, Any

from . import randomness
from .exception_report import FILE_NAME, LONGEST_TEXT, UNSPEAKABLE, bases_of, class_name, described, told
from .stack import have_usual_stack
from .unseen import Step, Steps, keep_out_of_sight

if TYPE_CHECKING:
    import numpy
    import numpy as np

    from . import calling, function_calling

LONGEST_TRACEBACK = 2000
BALLAST = 8 << 20  # bytes
ALIGNMENT = 16  # bytes
SMALL_RECORD = 16 << 10  # bytes; up to so many are sooner copied than written one by one
HEAD = struct.Struct("<IQ")
LENGTH = struct.Struct("<Q")
DECODER = json.JSONDecoder()
ENCODED = c_make_encoder(None, repr, encode_basestring_ascii, None, ": ", ", ", False, False, True)
"""Encoder written in C: the code could replace parts of `json.dumps`."""
MAP_AT_ONCE: int = mmap.MAP_PRIVATE | getattr(mmap, "MAP_POPULATE", 0)


class Results:
    """File that the parent reads once this process has ended: one record after another."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0
        self._ballast = _reserved()

    def write(self, meta: dict[str, Any], *payload: bytes | memoryview) -> None:
        """Append one record. The parts of the payload hold single bytes."""
        head = "".join(ENCODED(meta, 0)).encode()
        # Spaces after the JSON align the array, so that it need not be copied.
        head += b" " * (-(self._position + HEAD.size + len(head)) % ALIGNMENT)
        length = sum(map(len, payload))
        parts = (HEAD.pack(len(head), length) + head, *payload)
        if length < SMALL_RECORD:
            parts = (b"".join(parts),)
        for part in parts:
            written = write(self._descriptor, part)
            while written < len(part):
                written += write(self._descriptor, memoryview(part)[written:])
        self._position += HEAD.size + len(head) + length

    def write_fault(self, kind: str, text: str, line: int | None = None, types: tuple[str, ...] = ()) -> None:
        """Append a fault; `kind` is a `FaultKind`, `types` the names of an exception's classes."""
        what = {"kind": kind, "text": text[:LONGEST_TEXT], "line": line, "types": types}
        self.write({"event": "fault", **what})

    def make_room(self) -> None:
        """Free reserved memory, so that an out-of-memory error can still be reported."""
        self._ballast = None

    def keep_room(self) -> None:
        """Reserve memory for the next time."""
        self._ballast = _reserved()


def _reserved() -> mmap.mmap | None:
    """Memory that is reserved but not used, which costs nothing; `None` when there is no more."""
    try:
        return mmap.mmap(-1, BALLAST, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except (OSError, MemoryError):
        return None


def got_ready(arguments: list[str]) -> list[Steps]:
    """Get everything ready and say so. With the steps, to be taken, all is at the mercy of the code."""
    have_usual_stack()
    import_numpy(arguments[2])
    request, arrays = read_request(int(arguments[0]))
    results = Results(int(arguments[1]))
    os.write(1, b"ready %d %d\n" % (os.getpid(), time.process_time_ns()))
    silence()
    limit(mapped_memory(), **request["limits"])
    keep_out_of_sight()
    return prepared(request, arrays, results)


def import_numpy(folder: str) -> None:
    """Load NumPy from the folder that holds it. Nothing else in that folder can be imported.

    What is used of it here is what it has now, whatever the code makes of it.
    """
    global np, numpy, calling, function_calling
    sys.path.append(folder)
    import numpy
    import numpy.random  # NumPy loads it when first used, which would count as the code's time

    from . import calling, function_calling

    np = types.ModuleType("numpy")
    vars(np).update(vars(numpy))
    sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)  # which lists what else is in it


def read_request(descriptor: int) -> tuple[dict[str, Any], memoryview]:
    """The request, and the bytes of the input arrays, which are not copied. Closes the file."""
    whole = memoryview(mmap.mmap(descriptor, 0, MAP_AT_ONCE, mmap.PROT_READ))
    os.close(descriptor)
    (length,) = LENGTH.unpack_from(whole)
    request, _ = DECODER.raw_decode(str(whole[8 : 8 + length], "ascii"))
    return request, whole[8 + length :]


def prepared(request: dict[str, Any], arrays: memoryview, results: Results) -> list[Steps]:
    """Steps that execute the request. The last of them ends the process."""
    # Site is not loaded, but scripts may end with `exit()`.
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment]
    sys.argv = [""]
    if request["calls"] is None:
        randomness.start_anew()
        steps = _evaluated(request["code"], results, request["room"])
    else:
        randomness.follow_from(request["seed"])
        if "function" in request:
            return [_to_the_end(function_calling.graded_function(request, arrays, results), results)]
        steps = graded(request["code"], request["calls"], arrays, results)
    return [_to_the_end(steps, results)]


def _to_the_end(steps: Steps, results: Results) -> Steps:
    """The steps, followed by the end of the process."""
    try:
        yield from steps
    except GeneratorExit:  # the steps are no longer wanted
        results.write_fault("exception", "Interrupted its own calls")
    except BaseException as error:
        results.make_room()
        results.write_fault(*told(error, "exception"))
    finally:
        _exit(0)


def silence() -> None:
    """Redirect standard input, output and error to the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def mapped_memory() -> int | None:
    """Bytes that this process has mapped; `None` where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  no need to load pathlib
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:
        return None


def limit(mapped: int | None, *, memory: int, cpu_seconds: int, file_size: int) -> None:
    """Limit the resources of this process; `memory` in bytes, beyond what it has `mapped` already.

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
    """An empty module for the code, registered so that dataclasses and the like find it."""
    module = types.ModuleType("answer")
    module.__dict__["__builtins__"] = vars(builtins)  # not the built-ins of this module
    sys.modules["answer"] = module
    import linecache

    linecache.cache[FILE_NAME] = (len(code), None, code.splitlines(keepends=True), FILE_NAME)
    return module


def graded(code: str, calls: list[dict[str, Any]], arrays: memoryview, results: Results) -> Steps:
    """Define `dropout` and make the calls; one record for each step."""
    calls = [{**calling.USUAL, **one} for one in calls]
    observer = calling.Observer(calls)
    dropout = yield from defined(code, results, "dropout")
    yield None
    if dropout is None:
        return
    results.write({"event": "defined"})
    kept: list[Any] = []
    for one in calls:
        try:
            yield from _call_once(dropout, one, arrays, observer, results, kept)
        except Exception as error:  # such as too little memory
            yield from fault_written(error, "exception", results)
        yield None
    if kept:
        results.write({"event": "kept"}, *_joined(map(_bytes_of, kept)))


def _call_once(
    dropout: Callable[..., Any],
    call: dict[str, Any],
    arrays: memoryview,
    observer: calling.Observer,
    results: Results,
    kept: list[Any],
) -> Steps:
    """Make one call. Its arrays are gone afterwards, so that the next call's can lie where they lay, but for a result
    that is looked at again: it is added to those `kept`."""
    x = calling.laid_out(calling.input_of(call, arrays), call["layout"])
    seen_later = x.view()  # the code may give `x` itself another shape
    p, training = calling.rate_of(call), calling.training_of(call)
    keywords = observer.keywords(call)
    if call["by_keyword"]:
        keywords = {"x": x, "p": p, "training": training, **keywords}
    given = () if call["by_keyword"] else (x, p, training)
    came: list[Any] = [None, None]
    with observer.watching(call["watch"]) as seen:
        yield dropout, given, keywords, came
        value, error = came
        if error is not None:
            seen.clear()
    if error is not None:
        yield from fault_written(error, "exception", results, given, keywords, came)
        return
    after = seen_later.tobytes() if "input" in call["watch"] else b""
    array = _write_value(value, call, results, seen, after)
    if array is not None:
        kept.append(array)


def defined(code: str, results: Results, name: str) -> Generator[Step | None, None, Any]:
    """The code's function with this name, or `None` once the reason why there is none is written."""
    came: list[Any] = [None, None]
    yield compile, (code, FILE_NAME, "exec"), {"dont_inherit": True}, came
    compiled, error = came
    if error is not None:
        yield from fault_written(error, "syntax", results, came)
        return None
    module = _new_module(code)
    module.__dict__.update(np=numpy, numpy=numpy)
    yield exec, (compiled, module.__dict__), {}, came
    if came[1] is not None:
        yield from fault_written(came[1], "exception", results, came)
        return None
    yield _found, (module.__dict__, name), {}, came
    function, error = came
    if error is not None:
        yield from fault_written(error, "exception", results, came)
        return None
    if type(function) is NoFunction:
        results.write_fault("no_function", function.why)
        return None
    return function


class NoFunction:
    """Placeholder for a function that cannot be called."""

    def __init__(self, why: str) -> None:
        self.why = why


def _found(names: dict[str, Any], name: str) -> Any:
    function = names.get(name)
    if function is None:
        return NoFunction(f"No function named {name} is defined")
    if not callable(function):
        return NoFunction(f"{name} is of type {class_name(type(function))}, not a function")
    return function


def fault_written(error: BaseException, kind: str, results: Results, *held: Any) -> Steps:
    """Write an exception as a fault. `held` is released together with it."""
    results.make_room()
    came: list[Any] = [None, None]
    yield told, (error, kind, held), {}, came
    results.write_fault(*(came[0] or (kind, UNSPEAKABLE, None, ())))
    results.keep_room()


def _write_value(
    value: Any, call: dict[str, Any], results: Results, seen: dict[str, Any], after: bytes
) -> Any | None:
    """Write an array of at most so many elements as the call has room for, or why the value is not one.

    `seen` and `after`, the bytes of `x`, go with it. Gives the array back, as it lies in memory, when it is to be
    looked at again.
    """
    kind = type(value)
    lasting = kind is np.ndarray and "result" in call["watch"]
    if not call["shape"] and issubclass(kind, np.generic):  # what NumPy makes of 0-d arrays
        value, kind = np.asarray(value), np.ndarray
    room = call["room"]
    if kind is not np.ndarray:
        results.write_fault("malformed", f"dropout returned {_named(value, kind)}")
        return None
    array = value.view()  # whatever shape the code gives the value later
    dtype = array.dtype
    if dtype.kind == "f" and dtype.itemsize > 8:
        results.write_fault("malformed", f"dropout returned an array of {dtype}, wider than float64")
    elif dtype.kind not in "biuf":
        results.write_fault("malformed", f"dropout returned an array of dtype {dtype}, not of numbers")
    elif array.size > room:
        results.write_fault(
            "malformed", f"dropout returned an array of {array.size} elements, far larger than x"
        )
    else:
        meta = {"event": "returned", "dtype": dtype.newbyteorder("<").str, "shape": array.shape, **seen}
        if lasting:
            meta["kept"] = True
        results.write(meta, _bytes_of(array), after)
        return array if lasting else None
    return None


def _joined(payload: Iterable[memoryview]) -> Iterator[bytes | memoryview]:
    """The same bytes in fewer parts: neighbouring small parts are joined."""
    small: list[memoryview] = []
    for part in payload:
        if len(part) < SMALL_RECORD:
            small.append(part)
        else:
            yield b"".join(small)
            yield part
            small = []
    yield b"".join(small)


def _bytes_of(array: Any) -> memoryview:
    """Elements of the array in C order, each little-endian."""
    plain = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
    data: memoryview = plain.reshape(-1).view(np.uint8).data
    return data


def _named(value: Any, kind: type) -> str:
    """Description of a value that is not a plain array."""
    bases = bases_of(kind)
    if np.ndarray in bases:
        name = class_name(kind)
        article = "an" if name[:1].lower() in "aeiou" else "a"
        return f"{article} {name}, not a plain NumPy array"
    if value is None:
        what = "None"
    elif kind is tuple:
        what = f"a tuple of {len(value)} values"
    elif kind in (int, float, bool, complex) or np.generic in bases:
        what = f"a single number of type {class_name(kind)}"
    else:
        what = f"a value of type {class_name(kind)}"
    return f"{what}, not a NumPy array"


class CappedOutput(io.TextIOBase):
    """Standard output that is written into the results, up to a number of bytes."""

    def __init__(self, results: Results, room: int) -> None:
        self._results = results
        self._room = room
        self._cut = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Write as much as there is room for. Reports everything as written, so that printing never fails."""
        data = text.encode("utf-8", "backslashreplace")
        if data and not self._cut:
            kept = data[: self._room]
            self._room -= len(kept)
            self._cut = len(kept) < len(data)
            self._results.write({"event": "stdout", "cut": self._cut}, kept)
        return len(text)


def _evaluated(code: str, results: Results, room: int) -> Steps:
    """Steps that run a snippet. Nothing is judged by it, so it may see everything."""
    yield _evaluate, (code, results, room), {}, [None, None]


def _evaluate(code: str, results: Results, room: int) -> None:
    """Run the snippet, and write its output and its error into the results."""
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
            text = described(error, "exception")[1]
        tail = text.strip()[-LONGEST_TRACEBACK:].encode("utf-8", "backslashreplace")
        results.write({"event": "error"}, tail)
    results.write({"event": "done"})
