"""What every sandbox does, with real processes. What only the warm one does: `test_warm_process`."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from dropout_core.sandbox import (
    Call,
    Fault,
    FaultKind,
    NotReached,
    Observation,
    Returned,
    Sandbox,
    SandboxBroken,
)
from dropout_core.sandbox.processes.scratch import remove
from tests.core.sandboxes import KINDS, UNPROTECTED_KINDS, WARM_FIRST, linux_only, made, opened

X = np.arange(1.0, 7.0).reshape(2, 3)
TRAIN, EVALUATE = Call(X, 0.5, True), Call(X, 0.25, False, by_keyword=False)
PROJECT = Path(__file__).parents[3]
IDENTITY = "def dropout(x, p, training): return x"


@pytest.fixture(params=KINDS)
async def sandbox(request: pytest.FixtureRequest, kept_zygotes: None) -> AsyncIterator[Sandbox]:
    """Waits long enough for anything but what must time out."""
    async with opened(request.param, time_limit=60) as sandbox:
        yield sandbox


in_one_loop = pytest.mark.asyncio(loop_scope="module")
"""For tests that use `lasting`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def lasting(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    """One for many tests: none of them looks at what a sandbox leaves. Where what is tested is done by the process that
    calls the code, which is the same program in each sandbox, `WARM_FIRST`."""
    async with opened(request.param, time_limit=60) as sandbox:
        yield sandbox


@pytest.fixture(params=KINDS)
async def hasty(request: pytest.FixtureRequest, kept_zygotes: None) -> AsyncIterator[Sandbox]:
    """For what must time out."""
    async with opened(request.param, time_limit=0.3) as sandbox:
        yield sandbox


@pytest.fixture
async def fresh() -> AsyncIterator[Sandbox]:
    """The one that has a folder of its own to write in."""
    async with opened("fresh", time_limit=60) as sandbox:
        yield sandbox


def arrays(observation: Observation) -> list[np.ndarray]:
    assert observation.defining is None
    returned = [result for result in observation.results if isinstance(result, Returned)]
    assert len(returned) == len(observation.results)
    return [result.array for result in returned]


def fault(result: object) -> Fault:
    assert isinstance(result, Fault)
    return result


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# What comes back


@in_one_loop
async def test_outputs_come_back_as_plain_arrays(lasting: Sandbox) -> None:
    code = """
def dropout(x, p, training):
    print("not for the results")
    return x * 2 if training else x[:1] + p
"""
    first, second = arrays(await lasting.call(code, [TRAIN, EVALUATE], seed=1))
    np.testing.assert_array_equal(first, X * 2)
    np.testing.assert_array_equal(second, X[:1] + 0.25)
    assert type(first) is np.ndarray


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_every_dtype_of_numbers_survives(lasting: Sandbox) -> None:
    dtypes = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", ">f8"]
    code = f"dtypes = iter({dtypes})\ndef dropout(x, p, training): return x.astype(next(dtypes)).T"
    outputs = arrays(await lasting.call(code, [TRAIN] * len(dtypes), seed=1))
    for dtype, output in zip(dtypes, outputs, strict=True):
        np.testing.assert_array_equal(output, X.astype(dtype).T)
        assert output.dtype == np.dtype(dtype).newbyteorder("=")


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_every_shape_survives(lasting: Sandbox) -> None:
    shapes = [(), (0,), (3, 0, 2), (1, 1, 1, 1, 1)]
    calls = [Call(np.ones(shape), 0.5, True) for shape in shapes]
    assert [output.shape for output in arrays(await lasting.call(IDENTITY, calls, seed=1))] == shapes


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_parts_of_one_array_arrive_as_they_are(lasting: Sandbox) -> None:
    row = np.arange(1.0, 25.0)
    table = row.reshape(4, 6)
    parts = [
        *(row, table, table.T, row[:6].reshape(2, 3), row[2:8], row[:12:2], row[::-1], table[:, :2], row[:0]),
        *(np.asfortranarray(table), row[:2].view(np.int64), row[0], table[:2]),
    ]
    calls = [Call(np.asarray(part), 0.5, False) for part in parts]
    observation = await lasting.call("def dropout(x, p, training): return x", calls, seed=1)
    for part, array in zip(parts, arrays(observation), strict=True):
        assert array.dtype == part.dtype
        np.testing.assert_array_equal(array, part)


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_each_call_gets_an_input_of_its_own(lasting: Sandbox) -> None:
    code = """
def dropout(x, p, training):
    x += 1
    return x
"""
    outputs = arrays(await lasting.call(code, [TRAIN, TRAIN], seed=1))
    for output in outputs:
        np.testing.assert_array_equal(output, X + 1)
    np.testing.assert_array_equal(X, np.arange(1.0, 7.0).reshape(2, 3))


RANDOM = """
import os, random, secrets, uuid
import numpy as np
from numpy.random import PCG64, Generator, RandomState, default_rng
module = default_rng()
def dropout(x, p, training):
    return np.array([
        np.random.rand(), module.random(), default_rng().random(), Generator(PCG64()).random(), RandomState().rand(),
        random.random(), random.Random().random(), random.SystemRandom().random(), secrets.randbits(40),
        uuid.uuid4().int % 2**40, int.from_bytes(os.urandom(5), "little"), hash("text") % 2**40,
    ])
"""  # fmt: skip


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_randomness_follows_from_the_seed(lasting: Sandbox) -> None:
    (one, two), (same, _), (other, _) = [
        arrays(await lasting.call(RANDOM, [TRAIN, TRAIN], seed=seed)) for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(one, same)
    assert (one[:-1] != two[:-1]).all()
    assert (one[:-1] != other[:-1]).all()
    assert one[-1] == other[-1], "hashes of strings do not depend on the seed"


# What goes wrong


async def gives_no_function(sandbox: Sandbox, code: str, kind: FaultKind, text: str) -> None:
    observation = await sandbox.call(code, [TRAIN, TRAIN], seed=1)
    assert observation.defining is not None
    assert (observation.defining.kind, str(observation.defining)) == (kind, text)
    assert observation.results == (NotReached(), NotReached())


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("x = 1\ny = jnp.array(x)", FaultKind.EXCEPTION, "NameError: name 'jnp' is not defined (line 2)"),
        ("import tensor", FaultKind.EXCEPTION, "ModuleNotFoundError: No module named 'tensor' (line 1)"),
        ("x = 1\ndef dropout(:", FaultKind.SYNTAX, "SyntaxError: invalid syntax (line 2)"),
        ("", FaultKind.NO_FUNCTION, "No function named dropout is defined"),
        ("dropout = 0.5", FaultKind.NO_FUNCTION, "dropout is of type float, not a function"),
        ("import sys\nsys.exit(3)", FaultKind.EXITED, "Exited early, with sys.exit (line 2)"),
        ("exit()", FaultKind.EXITED, "Exited early, with sys.exit (line 1)"),
    ],
)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_code_that_gives_no_function(lasting: Sandbox, code: str, kind: FaultKind, text: str) -> None:
    await gives_no_function(lasting, code, kind, text)


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("import os\nos._exit(3)", FaultKind.EXITED, "Exited early, with status 3"),
        ("import ctypes\nctypes.string_at(0)", FaultKind.KILLED, "Killed by signal 11"),
        ("import numpy\nx = numpy.ones(10 * 2**27)", FaultKind.OUT_OF_MEMORY, "Ran out of memory (line 2)"),
    ],
)
@in_one_loop
async def test_code_that_ends_before_it_gives_a_function(
    lasting: Sandbox, code: str, kind: FaultKind, text: str
) -> None:
    await gives_no_function(lasting, code, kind, text)


@pytest.mark.parametrize(
    "code",
    ["def dropout(x, p, training):\x00 return x", "name = '\ud800'", "x = " + "-" * 10**5 + "1"],
    ids=["NUL", "surrogate", "nested"],
)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_code_that_no_compiler_takes(lasting: Sandbox, code: str) -> None:
    observation = await lasting.call(code, [TRAIN], seed=1)
    assert observation.defining is not None
    assert observation.defining.kind is FaultKind.SYNTAX
    assert str(observation.defining).isprintable()


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("return None", FaultKind.MALFORMED, "dropout returned None, not a NumPy array"),
        ("return x.tolist()", FaultKind.MALFORMED, "dropout returned a value of type list, not a NumPy array"),
        ("return np.ma.array(x)", FaultKind.MALFORMED, "dropout returned a MaskedArray, not a plain NumPy array"),
        ("return np.asmatrix(x)", FaultKind.MALFORMED, "dropout returned a matrix, not a plain NumPy array"),
        ("class A(np.ndarray): pass; return x.view(A)".replace("; ", "\n    "), FaultKind.MALFORMED,
         "dropout returned an A, not a plain NumPy array"),
        ("return x, x", FaultKind.MALFORMED, "dropout returned a tuple of 2 values, not a NumPy array"),
        ("return x.sum()", FaultKind.MALFORMED, "dropout returned a single number of type float64, not a NumPy array"),
        ("return 0.5", FaultKind.MALFORMED, "dropout returned a single number of type float, not a NumPy array"),
        ("raise ValueError(object())", FaultKind.EXCEPTION, "ValueError: <object object at 0x…> (line 3)"),
        ("raise KeyError(id(x))", FaultKind.EXCEPTION, "KeyError: … (line 3)"),
        ("return x.astype(object)", FaultKind.MALFORMED, "dropout returned an array of dtype object, not of numbers"),
        ("return x * 1j", FaultKind.MALFORMED, "dropout returned an array of dtype complex128, not of numbers"),
        ("return x.repeat(999)", FaultKind.MALFORMED, "dropout returned an array of 5994 elements, far larger than x"),
        ("return x[9]", FaultKind.EXCEPTION, "IndexError: index 9 is out of bounds for axis 0 with size 2 (line 3)"),
        ("raise KeyboardInterrupt", FaultKind.EXCEPTION, "KeyboardInterrupt (line 3)"),
        ("raise ValueError('a\\x1b[2J\\n b')", FaultKind.EXCEPTION, "ValueError: a\\x1b[2J b (line 3)"),
        ("raise SystemExit", FaultKind.EXITED, "Exited early, with sys.exit (line 3)"),
        ("raise MemoryError", FaultKind.OUT_OF_MEMORY, "Ran out of memory (line 3)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_a_call_that_goes_wrong_does_not_touch_the_others(
    lasting: Sandbox, body: str, kind: FaultKind, text: str
) -> None:
    code = f"def dropout(x, p, training):\n    if not training: return x\n    {body}"
    before, broken, after = (await lasting.call(code, [EVALUATE, TRAIN, EVALUATE], seed=1)).results
    assert isinstance(before, Returned)
    assert isinstance(after, Returned)
    assert (fault(broken).kind, str(broken)) == (kind, text)


@linux_only
@pytest.mark.usefixtures("kept_zygotes")
async def test_a_refused_temporary_folder_is_reported_as_forbidden() -> None:
    code = "import tempfile\ndef dropout(x, p, training):\n    return tempfile.mkdtemp()"
    async with opened("warm", time_limit=60) as sandbox:
        (result,) = (await sandbox.call(code, [TRAIN], seed=1)).results
    assert fault(result).kind is FaultKind.FORBIDDEN
    assert "Not allowed in the sandbox: FileNotFoundError" in str(fault(result))


@pytest.mark.parametrize(
    ("raised", "is_value_error"),
    [
        ("ValueError", True),
        ("type('BadRate', (ValueError,), {})", True),
        ("type('ValueError', (ValueError,), {})", True),
        ("np.exceptions.AxisError if hasattr(np, 'exceptions') else np.AxisError", True),
        ("type('ValueError', (Exception,), {})", False),
        ("type('ValueError', (Exception,), {'__module__': 'builtins', '__qualname__': 'ValueError'})", False),
        (
            "type('Meta', (type,), {'__mro__': property(lambda kind: (ValueError,))})('E', (Exception,), {})",
            False,
        ),
        ("TypeError", False),
    ],
)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_an_exception_is_of_the_built_in_classes_that_it_is_caught_as(
    lasting: Sandbox, raised: str, is_value_error: bool
) -> None:
    code = f"import builtins\ndef dropout(x, p, training):\n    error = {raised}\n"
    replacing = "    builtins.ValueError = type('ValueError', (Exception,), {})\n"
    for body in ("", replacing):
        (result,) = (await lasting.call(f"{code}{body}    raise error(0)", [TRAIN], seed=1)).results
        assert ("ValueError" in fault(result).types) is is_value_error


@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_a_class_in_place_of_value_error_does_not_count_as_one(lasting: Sandbox) -> None:
    code = """import builtins
builtins.ValueError = type("ValueError", (Exception,), {})
def dropout(x, p, training): raise ValueError
"""
    (result,) = (await lasting.call(code, [TRAIN], seed=1)).results
    assert fault(result).types == ("Exception", "BaseException")


@pytest.mark.parametrize(
    "import_", ["", "import numpy as np\n", "import numpy.random\nfrom numpy import *\n"]
)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_numpy_is_given_under_both_its_names(lasting: Sandbox, import_: str) -> None:
    code = f"{import_}one = np.ones(1)\ndef dropout(x, p, training): return numpy.asarray(x) + one"
    (result,) = (await lasting.call(code, [TRAIN], seed=1)).results
    assert isinstance(result, Returned)
    np.testing.assert_array_equal(result.array, TRAIN.x + 1)


@pytest.mark.parametrize(
    ("p", "training", "types"),
    [
        (0.5, True, "float bool"),
        (1, False, "int bool"),
        (0, np.bool_(True), f"int {np.bool_.__name__}"),
        (np.float64(0.3), np.bool_(False), f"float64 {np.bool_.__name__}"),
    ],
)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_numbers_and_flags_are_given_in_their_types(
    lasting: Sandbox, p: float, training: bool | np.bool_, types: str
) -> None:
    code = """def dropout(x, p, training):
    given = type(p).__name__, type(training).__name__, type(training).__module__
    raise LookupError(f"{p:g} {bool(training)} {' '.join(given)}")
"""
    (result,) = (await lasting.call(code, [Call(np.ones(2), p, training)], seed=1)).results
    module = type(training).__module__
    assert fault(result).text == f"LookupError: {p:g} {bool(training)} {types} {module}"


HOOKED = """import sys
seen = []
def hook(frame, event, argument):
    while frame is not None:
        seen.extend(name for name in frame.f_locals if name in ("results", "calls", "arrays", "observer"))
        frame = frame.f_back
    RAISE
    return hook
def dropout(x, p, training):
    if seen: raise ValueError(f"saw {seen}")
    HOOKS
    raise KeyError
"""
HOOKS = ["sys.settrace(hook)", "sys.setprofile(hook)", "sys._getframe(1).f_trace = hook; sys.settrace(hook)"]


@pytest.mark.parametrize("hooks", HOOKS)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_no_hook_of_the_code_sees_what_is_made_of_its_calls(lasting: Sandbox, hooks: str) -> None:
    code = HOOKED.replace("HOOKS", hooks).replace("RAISE", "pass")
    for result in (await lasting.call(code, [EVALUATE, EVALUATE], seed=1)).results:
        assert fault(result).text == "KeyError"


@pytest.mark.parametrize("hooks", HOOKS)
@pytest.mark.parametrize("lasting", WARM_FIRST, indirect=True)
@in_one_loop
async def test_a_hook_that_interrupts_what_calls_the_code_ends_the_calls(
    lasting: Sandbox, hooks: str
) -> None:
    code = HOOKED.replace("HOOKS", hooks).replace("RAISE", "if 'take' in str(frame): raise OSError")
    first, *_ = (await lasting.call(code, [EVALUATE, EVALUATE], seed=1)).results
    assert fault(first).text in ("Interrupted its own calls", "KeyError")


HOARDER = """import numpy as np
kept = None
def dropout(x, p, training):
    global kept
    for size in (1 << 27, 1 << 20):
        try:
            while True: kept = kept, np.empty(size, np.uint8)
        except MemoryError:
            pass
    while True: kept = kept, bytearray(5000)
"""
"""Leaves no memory that is worth the name, and writes to hardly any of it, which would take long."""


@in_one_loop
async def test_code_that_keeps_all_memory_is_reported_as_out_of_memory(lasting: Sandbox) -> None:
    large = Call(np.ones(1 << 18), 0.5, True)
    results = (await lasting.call(HOARDER, [large, large], seed=1)).results
    assert [fault(result).kind for result in results] == 2 * [FaultKind.OUT_OF_MEMORY]
    assert str(results[0]) == "Ran out of memory (line 10)"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("while True: pass", FaultKind.TIMEOUT),
        ("__import__('os')._exit(0)", FaultKind.EXITED),
        pytest.param("__import__('os').abort()", FaultKind.KILLED, marks=pytest.mark.long_run),
    ],
)
async def test_a_death_keeps_the_results_before_it(hasty: Sandbox, body: str, kind: FaultKind) -> None:
    code = f"def dropout(x, p, training):\n    if not training: return x\n    {body}"
    observation = await hasty.call(code, [EVALUATE, TRAIN, EVALUATE], seed=1)
    before, died, after = observation.results
    assert isinstance(before, Returned)
    assert fault(observation.ended).kind is kind
    assert died == after == NotReached()


# What it may see and leave


@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
async def test_its_environment_is_empty(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret")
    async with opened(kind, time_limit=60) as sandbox:
        result = await sandbox.evaluate(
            "import os\nprint(sorted(os.environ))\n"
            "print(b'secret' in open('/proc/self/environ', 'rb').read() if os.path.exists('/proc') else False)"
        )
    names, leaked = result.stdout.splitlines()
    allowed = {
        "LANG",
        "LC_CTYPE",
        "MKL_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "PYTHONHASHSEED",
    }
    assert {name.strip("'[] ") for name in names.split(",")} <= allowed | {"__CF_USER_TEXT_ENCODING"}
    assert leaked == "False"


async def test_it_holds_nothing_of_this_project_and_can_import_of_what_is_installed_numpy_alone(
    sandbox: Sandbox,
) -> None:
    held = "import sys\nprint([name for name in sys.modules if 'dropout' in name])"
    result = await sandbox.evaluate(f"{held}\nimport numpy.testing, sqlite3, dropout_core")
    assert result.stdout == "[]\n"
    assert str(result.error).endswith("ModuleNotFoundError: No module named 'dropout_core'")
    result = await sandbox.evaluate("import pytest")
    assert str(result.error).endswith("ModuleNotFoundError: No module named 'pytest'")


async def test_no_files_are_left(fresh: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    await fresh.evaluate(
        "import os\nopen('f', 'w').close()\nos.makedirs('a/b')\nos.chmod('a', 0)\nos.chmod('.', 0)"
    )
    assert names(tmp_path) == set()


def test_removal_copes_with_any_depth_and_follows_no_links(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    (folder / "file link").symlink_to(kept / "file")
    descriptor = os.open(folder, os.O_RDONLY)
    for _ in range(1500):  # beyond both the recursion limit and the longest path
        os.mkdir("deeper", dir_fd=descriptor)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)
    remove(folder)
    assert not folder.exists()
    assert (kept / "file").exists()


def test_removal_follows_no_link_in_the_place_of_the_folder(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "folder").symlink_to(kept)
    remove(tmp_path / "folder")
    assert (kept / "file").exists()
    assert not (tmp_path / "folder").is_symlink()


GRANDCHILD = """
import os, time
import numpy as np
def dropout(x, p, training):
    reader, writer = os.pipe()
    if os.fork() == 0:
        {escape}
        os.write(writer, b"%d " % os.getpid())
        time.sleep(1000)
    return np.array([int(os.read(reader, 20))])
"""


@linux_only
@pytest.mark.skipif(
    os.geteuid() != 0, reason="its limits let nobody but root fork, so there is no grandchild to leave"
)
@pytest.mark.parametrize(
    "escape",
    [
        pytest.param("pass", marks=pytest.mark.long_run),
        pytest.param("os.setsid()", marks=pytest.mark.long_run),
        "os.setsid()\n        if os.fork(): os._exit(0)",
    ],
)
@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
@pytest.mark.usefixtures("kept_zygotes")
async def test_no_grandchildren_are_left(kind: str, escape: str) -> None:
    async with opened(kind, time_limit=60) as sandbox:
        (pids,) = arrays(await sandbox.call(GRANDCHILD.format(escape=escape), [TRAIN], seed=1))
    assert not is_running(int(pids[0]))


async def test_threads_that_go_on_hold_nothing_up(sandbox: Sandbox) -> None:
    code = f"""
import atexit, threading, time
try:
    threading.Thread(target=time.sleep, args=(1000,)).start()
except RuntimeError:  # where no thread may be started
    pass
atexit.register(time.sleep, 1000)
{IDENTITY}
"""
    assert len(arrays(await sandbox.call(code, [TRAIN], seed=1))) == 1


WAITING = """
import os, time
with open({fifo!r}, "w") as fifo:
    fifo.write(str(os.getpid()))
while True: time.sleep(1000)
"""


def waiting(folder: Path) -> tuple[str, Path]:
    """Code that writes its process number into a pipe with a name, and then waits for ever."""
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    return WAITING.format(fifo=str(fifo)), fifo


@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
@pytest.mark.usefixtures("kept_zygotes")
async def test_cancelling_ends_the_process_and_others_go_on_meanwhile(kind: str, tmp_path: Path) -> None:
    async with opened(kind, time_limit=60) as sandbox:
        code, fifo = waiting(tmp_path)
        call = asyncio.create_task(sandbox.call(code, [TRAIN], seed=1))
        pid = int(await asyncio.to_thread(fifo.read_text))
        assert is_running(pid)
        assert (await sandbox.evaluate("print(1)")).stdout == "1\n"
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not is_running(pid)
        assert len(arrays(await sandbox.call(IDENTITY, [TRAIN], seed=1))) == 1


@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
async def test_what_waits_for_its_turn_can_be_cancelled_and_closing_ends_the_others(
    kind: str, tmp_path: Path
) -> None:
    sandbox = made(kind, time_limit=60, at_once=1)
    code, fifo = waiting(tmp_path)
    running = asyncio.create_task(sandbox.call(code, [TRAIN], seed=1))
    pid = int(await asyncio.to_thread(fifo.read_text))
    cancelled, queued = [asyncio.create_task(sandbox.call(IDENTITY, [TRAIN], seed=1)) for _ in range(2)]
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert is_running(pid)
    assert not queued.done()

    await sandbox.close()
    assert not is_running(pid)
    outcomes = await asyncio.gather(running, queued, sandbox.evaluate("1"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [SandboxBroken] * 3


@linux_only
@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
def test_nothing_outlives_a_killed_parent(kind: str, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = WAITING.format(fifo=str(fifo)).replace("os.getpid()", "[os.getpid(), os.getppid()]")
    program = f"""
import asyncio
from tests.core.sandboxes import made
asyncio.run(made({kind!r}, time_limit=1000).evaluate({code!r}))
"""
    folders = tmp_path / "folders"
    folders.mkdir()
    environment = {**os.environ, "TMPDIR": str(folders)}
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, env=environment)
    child, supervisor = json.loads(fifo.read_text())
    watched = os.pidfd_open(supervisor)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    poll = select.poll()
    poll.register(watched, select.POLLIN)
    assert poll.poll(60_000), "the supervisor still runs"
    os.close(watched)
    assert not is_running(child)
    assert names(folders) == set()


@pytest.mark.parametrize("concurrency", [pytest.param(1, marks=pytest.mark.long_run), 2])
@pytest.mark.parametrize("kind", UNPROTECTED_KINDS)
@pytest.mark.usefixtures("kept_zygotes")
async def test_no_more_run_at_once_than_may(kind: str, tmp_path: Path, concurrency: int) -> None:
    code = f"""
import os
import numpy as np
folder = {str(tmp_path)!r}
own = os.path.join(folder, str(os.getpid()))
open(own, "w").close()
def dropout(x, p, training):
    running = len(os.listdir(folder))
    if not training:
        os.remove(own)
    return np.array([running])
"""
    sandbox = made(kind, time_limit=60, at_once=concurrency)
    observations = await asyncio.gather(*(sandbox.call(code, [TRAIN, EVALUATE], seed=1) for _ in range(3)))
    await sandbox.close()
    assert max(output[0] for observation in observations for output in arrays(observation)) <= concurrency


# When it is not the code's fault


@pytest.mark.parametrize("kind", KINDS)
async def test_an_interpreter_that_does_not_start_is_our_fault(kind: str, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho first >&2\necho 'no such library' >&2\nexit 1\n")
    broken.chmod(0o755)
    for interpreter, reason in ((str(tmp_path / "none"), "No such file"), (str(broken), "no such library")):
        sandbox = made(kind, time_limit=60, interpreter=interpreter)
        with pytest.raises(SandboxBroken, match=reason) as raised:
            await sandbox.call(IDENTITY, [TRAIN], seed=1)
        assert "\n" not in str(raised.value)
        with pytest.raises(SandboxBroken, match=reason):
            await sandbox.evaluate("1")
        await sandbox.close()


async def test_where_no_folder_can_be_made_for_it_the_code_runs_without_one(
    fresh: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert (await fresh.evaluate("import os\nprint(os.getcwd())")).stdout == "/\n"
    (result,) = (await fresh.call(IDENTITY, [TRAIN], seed=1)).results
    assert isinstance(result, Returned)
