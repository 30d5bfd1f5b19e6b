"""Flags of an answer: uses that no answer to the task needs, and that could inspect or change its grader.

They are found in the code's text. A flag is not a check: it changes no outcome, but says where a person should look.
"""

from __future__ import annotations

import ast
import re

from dropout_core.extraction.python_source import parse
from dropout_core.sandbox.printable import printable
from dropout_core.static_analysis.names_used import NOT_WRITTEN_OUT, Use, Used, names_used, written_out
from dropout_core.verdict.flag import Flag

MOST_FLAGS = 20
_LONGEST_NAME = 60

FRAMES = "frames"
HOOKS = "hooks"
MODULES = "modules"
GC = "gc"
CTYPES = "ctypes"
TRACEMALLOC = "tracemalloc"
DESCRIPTORS = "descriptors"
PROCESS = "process"
INTERNALS = "internals"
PATCHES = "patches"
ARRAYS = "arrays"
HIDDEN = "hidden"

_SAYS = {
    FRAMES: "reads the frames of its callers",
    HOOKS: "hooks into what runs",
    MODULES: "looks at or changes the modules that are loaded",
    GC: "looks for objects that are not its own",
    CTYPES: "reaches into memory or C libraries",
    TRACEMALLOC: "tampers with the measurement of its memory",
    DESCRIPTORS: "uses file descriptors",
    PROCESS: "looks at or changes its own process",
    INTERNALS: "looks inside functions, classes or built-ins",
    PATCHES: "replaces a part of another module",
    ARRAYS: "decides what NumPy makes of its objects",
    HIDDEN: "does what its text does not show",
}
"""Message of each flag, by its id."""


def _of(module: str, names: str) -> list[str]:
    return [f"{module}.{name}" for name in names.split()]


_NAMES: dict[str, str] = {
    **dict.fromkeys(_of("sys", "_getframe _current_frames _current_exceptions _getframemodulename"), FRAMES),
    **dict.fromkeys(
        _of("inspect", "currentframe stack trace getouterframes getinnerframes getframeinfo"), FRAMES
    ),
    **dict.fromkeys([*_of("traceback", "walk_stack walk_tb"), "logging.currentframe"], FRAMES),
    **dict.fromkeys(_of("sys", "settrace setprofile gettrace getprofile monitoring addaudithook"), HOOKS),
    **dict.fromkeys(_of("sys", "call_tracing _settraceallthreads _setprofileallthreads"), HOOKS),
    **dict.fromkeys(
        _of("threading", "settrace setprofile settrace_all_threads setprofile_all_threads"), HOOKS
    ),
    **dict.fromkeys(_of("sys", "modules meta_path path_hooks path_importer_cache"), MODULES),
    **dict.fromkeys(["importlib.reload", "pkgutil.resolve_name"], MODULES),
    **dict.fromkeys(
        _of("gc", "get_objects get_referrers get_referents callbacks garbage unfreeze set_debug"), GC
    ),
    **dict.fromkeys(["numpy.ctypeslib", "numpy.core.multiarray._reconstruct"], CTYPES),
    **dict.fromkeys(
        _of("os", "write writev pwrite pwritev read readv pread preadv open close closerange"), DESCRIPTORS
    ),
    **dict.fromkeys(_of("os", "dup dup2 fdopen fstat lseek ftruncate truncate posix_fallocate"), DESCRIPTORS),
    **dict.fromkeys(
        _of("os", "sendfile splice copy_file_range memfd_create pipe pipe2 set_inheritable"), DESCRIPTORS
    ),
    **dict.fromkeys(_of("os", "_exit abort fork forkpty kill killpg getppid register_at_fork"), PROCESS),
    **dict.fromkeys(
        _of("signal", "raise_signal pthread_kill pthread_sigmask set_wakeup_fd sigwait"), PROCESS
    ),
    **dict.fromkeys(_of("types", "CodeType FunctionType FrameType CellType TracebackType"), INTERNALS),
    **dict.fromkeys(["unittest.mock", "mock.patch"], PATCHES),
    **{f"sys.{NOT_WRITTEN_OUT}": HIDDEN, f"gc.{NOT_WRITTEN_OUT}": HIDDEN, f"os.{NOT_WRITTEN_OUT}": HIDDEN},
    **{
        f"inspect.{NOT_WRITTEN_OUT}": HIDDEN,
        f"builtins.{NOT_WRITTEN_OUT}": HIDDEN,
        "sys.*": HIDDEN,
        "gc.*": HIDDEN,
    },
    **dict.fromkeys(["inspect.getclosurevars", "inspect.getattr_static", "weakref.finalize"], INTERNALS),
}
"""Flagged names; also where only a part of what is named is used."""

_MODULES = {
    "ctypes": CTYPES,
    "_ctypes": CTYPES,
    "cffi": CTYPES,
    "tracemalloc": TRACEMALLOC,
    "_tracemalloc": TRACEMALLOC,
    "fcntl": DESCRIPTORS,
    "atexit": PROCESS,
    "faulthandler": PROCESS,
    "_posixsubprocess": PROCESS,
    "linecache": MODULES,
    "__main__": MODULES,
    "sandbox": MODULES,
    "dropout_core": MODULES,
    "dropout_tui": MODULES,
    "cProfile": HOOKS,
    "profile": HOOKS,
    "_lsprof": HOOKS,
    "bdb": HOOKS,
    "pdb": HOOKS,
    "trace": HOOKS,
    "_testcapi": INTERNALS,
    "_testinternalcapi": INTERNALS,
    "_xxsubinterpreters": INTERNALS,
}
"""Flagged modules, imported whole or in part."""

_ATTRIBUTES = {
    **dict.fromkeys(
        ["f_back", "f_locals", "f_globals", "f_builtins", "f_code", "f_trace", "f_lineno", "f_trace_opcodes"],
        FRAMES,
    ),
    **dict.fromkeys(["tb_frame", "tb_next", "__traceback__", "gi_frame", "cr_frame", "ag_frame"], FRAMES),
    **dict.fromkeys(["_getframe", "_current_frames", "currentframe"], FRAMES),
    **dict.fromkeys(["settrace", "setprofile", "addaudithook"], HOOKS),
    **dict.fromkeys(["get_objects", "get_referrers", "get_referents"], GC),
    **dict.fromkeys(
        ["__subclasses__", "__globals__", "__builtins__", "__closure__", "cell_contents", "__code__"],
        INTERNALS,
    ),
    **dict.fromkeys(["gi_code", "cr_code", "co_consts", "co_code", "__loader__", "__spec__"], INTERNALS),
    **dict.fromkeys(["__array_interface__", "__array_struct__"], CTYPES),
}
"""Flagged attributes of any value; also as text."""

_METHODS = {
    **dict.fromkeys(
        ["__array_function__", "__array_ufunc__", "__array_finalize__", "__array_wrap__", "__array__"], ARRAYS
    ),
    **dict.fromkeys(["__array_interface__", "__array_struct__", "__array_priority__"], ARRAYS),
    **dict.fromkeys(["__instancecheck__", "__subclasscheck__", "__class__", "__del__"], INTERNALS),
}
"""Flagged methods that the code defines."""

_FOLDERS = ("/proc", "/dev/fd", "/sys/")
_NOT_PATCHES = ("logging", "warnings", "decimal", "sys.stdout", "sys.stderr", "sys.argv")
"""Settings of modules that programs commonly change."""
_LEAVES_ALONE = frozenset({"SIG_DFL", "SIG_IGN", "default_int_handler"})
"""Signal handlers that are not the code's own."""
_OPENS = frozenset({"open", "io.open", "io.FileIO", "builtins.open"})
_DOTTED = re.compile(r"\w+(?:\.\w+)*")

_TRIGGERS = (
    *(name for name in (*_ATTRIBUTES, *_METHODS, *_MODULES) if name.startswith("_")),
    *(
        "f_",
        "tb_",
        "gi_",
        "co_",
        "cr_",
        "cell_",
        "get_obj",
        "get_ref",
        "currentframe",
        "settrace",
        "setprofile",
    ),
    *(
        "getattr",
        "setattr",
        "delattr",
        "vars",
        "exec",
        "eval",
        "compile",
        "__import__",
        "import_module",
        "open",
    ),
    *(
        "sys",
        "gc",
        " os",
        "os.",
        "inspect",
        "signal",
        "threading",
        "traceback",
        "logging",
        "types",
        "builtins",
    ),
    *(
        "importlib",
        "pkgutil",
        "weakref",
        "mock",
        "__dict__",
        "del ",
        "for np.",
        "for numpy.",
        " as np.",
        *_FOLDERS,
        *_MODULES,
    ),
)
_CHANGE = re.compile(r"\.\w+[ \t)\]]*(?::[^=\n]*)?(?:[-+*/@%&|^]|//|\*\*|<<|>>)?=(?!=)")
"""Pattern of code that may have a flag: one of these words, or an assignment to a name with a dot. Most code has
neither, and is not parsed."""


def flags_of(code: str) -> tuple[Flag, ...]:
    """The flags, in the order of their lines, at most `MOST_FLAGS`; none when the code cannot be read."""
    if not (any(map(code.__contains__, _TRIGGERS)) or _CHANGE.search(code)):
        return ()
    tree = parse(code)
    if not isinstance(tree, ast.Module):
        return ()
    found = {(used.line, kind, used.name) for used in names_used(tree) if (kind := _kind(used)) is not None}
    flags: dict[tuple[int, str], Flag] = {}
    for line, kind, name in sorted(found):
        shown = printable(name[:_LONGEST_NAME].removeprefix("."))
        flags.setdefault((line, kind), Flag(kind, f"{_SAYS[kind]} ({shown})", line))
    return tuple(flags.values())[:MOST_FLAGS]


def _kind(used: Used) -> str | None:
    """Id of the flag for one use; ``None`` if it is harmless."""
    match used.use:
        case Use.IMPORT:
            return HIDDEN if used.name == NOT_WRITTEN_OUT else _MODULES.get(used.name.partition(".")[0])
        case Use.TEXT:
            return _kind_of_text(used.name)
        case Use.METHOD:
            return _METHODS.get(used.name)
        case Use.RUN:
            return HIDDEN
        case Use.CHANGE if not used.name.startswith("."):
            return None if used.name.startswith(_NOT_PATCHES) else PATCHES
    return _kind_of_call(used, used.call) or _kind_of_name(used.name)


def _kind_of_text(text: str) -> str | None:
    if text.startswith(_FOLDERS):
        return PROCESS
    if len(text) > _LONGEST_NAME or not _DOTTED.fullmatch(text):
        return None
    return next((_ATTRIBUTES[part] for part in text.split(".") if part in _ATTRIBUTES), None)


def _kind_of_name(name: str) -> str | None:
    parts = name.split(".")
    if name.startswith("."):
        return _ATTRIBUTES.get(parts[1])
    for length in range(len(parts), 0, -1):
        kind = _NAMES.get(".".join(parts[:length]))
        if kind is not None:
            return kind
    if len(parts) == 1:
        return _ATTRIBUTES.get(name) if name.startswith("__") else None
    inside = next((_ATTRIBUTES[part] for part in parts if part in _ATTRIBUTES), None)
    return _MODULES.get(parts[0]) or inside


def _kind_of_call(used: Used, call: ast.Call | None) -> str | None:
    """Id of the flag for a call that is only flagged for its arguments."""
    if used.name == "signal.signal":
        handler = call.args[1] if call is not None and len(call.args) > 1 else None
        named = handler.attr if isinstance(handler, ast.Attribute) else getattr(handler, "id", None)
        return None if named in _LEAVES_ALONE else PROCESS
    if used.name in _OPENS and call is not None and call.args:
        return None if written_out(call.args[0]) is not None else DESCRIPTORS
    return None
