"""Main program of a warm process: loads what untrusted code may need, and then serves; see `serving`.

    python launch.py zygote_main CONTROL_FD NUMPY_FOLDER READABLE [LAYER ...]

READABLE is a JSON list of a folder and of what in it may be read; it may be empty.

Imports nothing of the project; see `launch`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

PRELOADED = (
    *("numpy.random", "numpy.linalg", "numpy.fft", "numpy.typing"),
    *("contextlib", "dataclasses", "datetime", "functools", "itertools", "linecache", "platform"),
    *("random", "secrets", "tracemalloc", "traceback", "typing", "warnings", "zlib"),
)
"""Imported once: in a child each would count as the code's time, and take it for every piece of code. Nothing large
that answers hardly use: a fork takes the longer the more memory there is."""


def main(arguments: list[str]) -> None:
    """Prepare, report that, and serve."""
    control, numpy_folder, folder, *wanted = arguments
    with _no_hooks_at_fork():
        from . import child, layers, malloc, readable, serving, stack, unseen, warm_up

        child.import_numpy(numpy_folder)
        for name in PRELOADED:
            importlib.import_module(name)
    stack.have_usual_stack()
    malloc.keep_what_is_freed()
    warm_up.warm_up()
    if (threads := len(list(Path("/proc/self/task").iterdir()))) != 1:
        sys.exit(f"the warm process has {threads} threads, and cannot be forked")
    readable.know_folders_from_the_start()
    unseen.keep_out_of_sight()
    serve = partial(
        serving.serve,
        int(control),
        layers.Layers(wanted, numpy_folder, json.loads(folder)),
        warm_up.get_own_pages,
    )
    del child, layers, malloc, warm_up, readable, serving, stack, unseen  # hidden from the code
    serve()


@contextlib.contextmanager
def _no_hooks_at_fork() -> Iterator[None]:
    """Leave out what modules want done in every fork, which is a fifth of what an idle child costs.

    They make new locks, as other threads might have held the old ones, and there are none; and new seeds, which
    a child gets anyway.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **_: None
    try:
        yield
    finally:
        os.register_at_fork = register
