"""Files that untrusted code may read: what Python's standard library and NumPy need, and nothing else.

Other packages are often in the same place: ``site-packages`` is a folder inside the standard library's, and contains
this project with the right answers to its tasks. So a folder is listed as a whole only where its content is known.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import FileFinder

_BESIDE_MODULES = frozenset({"__pycache__", "lib-dynload"})
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_SHARED_LIBRARY = re.compile(r"\.so(\.|$)")
_ARCHITECTURE = "-linux-"
_IN_SYSTEM = ("gconv", "locale")
"""Folders in which the C library looks for libraries that are not loaded by their path."""


def readable(numpy_folder: str) -> list[str]:
    """Files and folders. `numpy_folder` is the one that holds NumPy. Some of them may not exist."""
    paths = sysconfig.get_paths()
    standard = dict.fromkeys((paths["stdlib"], paths["platstdlib"]))
    zipped = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    libraries = dict.fromkeys(os.path.realpath(one) for one in (f"{sys.base_prefix}/lib", *_SYSTEM))
    return [
        *(path for folder in standard for path in _modules(folder)),
        *(f"{os.path.dirname(folder)}/{zipped}" for folder in standard),  # noqa: PTH120  no need of pathlib
        *(path for folder in libraries for path in _libraries(folder)),
        *(f"{numpy_folder}/{name}" for name in ("numpy", "numpy.libs")),
        os.path.realpath(sys.executable),
        *("/etc/ld.so.cache", "/usr/share/zoneinfo", "/etc/localtime"),
        *("/dev/null", "/dev/zero", "/dev/urandom"),
    ]


def know_folders_from_the_start() -> None:
    """Have imports go by what Python's folders held when they were first looked into: to list them again is refused,
    as that would show what else is installed there."""
    for finder in sys.path_importer_cache.values():
        if isinstance(finder, FileFinder):
            finder._fill_cache()  # type: ignore[attr-defined]
            finder._fill_cache = lambda: None  # type: ignore[attr-defined]


def _modules(folder: str) -> Iterator[str]:
    """Modules of the standard library in this folder."""
    for name in _names(folder):
        module = name.partition(".")[0]
        known = module in sys.stdlib_module_names or module.startswith("_sysconfigdata_")
        if known or name in _BESIDE_MODULES:
            yield f"{folder}/{name}"


def _libraries(folder: str) -> Iterator[str]:
    """Shared libraries in this folder, and in its subfolders for each architecture."""
    for name in _names(folder):
        if _SHARED_LIBRARY.search(name) or _ARCHITECTURE in name or name in _IN_SYSTEM:
            yield f"{folder}/{name}"


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208  no need of pathlib
    except OSError:
        return []
