"""Layers that isolate untrusted code on Linux, put in force in its process one after the other.

Each of the layers stops what the others let through: another user (`user`) and Landlock (`landlock`) close
files and other processes, seccomp (`seccomp`) closes the network, new processes, and every way to change
anything. Beside these come limits, no-new-privileges, and death with the parent, which are always there.

Part of what runs in the sandbox's own processes: imports nothing of the project.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from . import landlock
from .kernel import prepared_prctl
from .readable import readable
from .seccomp import Filter
from .unprivileged import become_nobody, give_up_capabilities, open_to_all

NAMES = ("user", "landlock", "seccomp")

NEVER_LOADED = "colorsys"
"""A module of the standard library that nothing needs, to test whether modules can be imported."""

MOST_DESCRIPTORS = 64
"""Upper limit on the descriptors that the warm process has open."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


class LayerRefused(Exception):
    """A layer could not be put in force."""

    def __init__(self, name: str, reason: object) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name


class Layers:
    """Layers prepared in the warm process; `enclose` and then `close` are for its children."""

    def __init__(self, wanted: Collection[str], numpy_folder: str, folder: Sequence[str] = ()) -> None:
        """Those of `wanted` that this system has. `numpy_folder` is the one that holds NumPy; a `folder`
        may be listed, and what is named after it be read."""
        self._needed = (os.__file__, f"{numpy_folder}/numpy/__init__.py", *filter(os.path.isfile, folder))
        self._closed = not open_to_all(self._needed)
        self._die_with_parent = prepared_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        self._forgo_new_privileges = prepared_prctl(_PR_SET_NO_NEW_PRIVS, 1)
        self._restrict_files: Callable[[], None] | None = None
        self._filter: Filter | None = None
        self.missing: dict[str, str] = {name: "not wanted" for name in NAMES if name not in wanted}
        """Layers that are not put in force, and why."""
        if os.geteuid() != 0:
            self.missing.setdefault("user", "not run as root")
        self._prepare("landlock", lambda: self._make_rules(numpy_folder, folder))
        self._prepare("seccomp", self._make_filter)

    @property
    def present(self) -> list[str]:
        """The layers that are put in force."""
        return [name for name in NAMES if name not in self.missing]

    def enclose(self, parent: int) -> None:
        """Put in force, for this process, a child of `parent`, what can be before it knows what to run.

        The order matters: to become another user clears the parent-death signal.

        Raises:
            LayerRefused: one of them could not be.
        """
        step = "user"
        # Landlock then limits what may be read. Without it nothing would.
        read_all = self._closed and "landlock" not in self.missing
        try:
            if "user" not in self.missing:
                become_nobody(read_all=read_all)
            step = "capabilities"
            give_up_capabilities(read_all=read_all)
            step = "no-new-privileges"
            self._die_with_parent()
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)
            self._forgo_new_privileges()
            step = "landlock"
            if "landlock" not in self.missing and self._restrict_files is not None:
                self._restrict_files()
        except OSError as error:
            raise LayerRefused(step, error) from error

    def close(self, keep: Collection[int]) -> None:
        """Close all descriptors but 0 to 2 and `keep`, and put in force what forbids all of the above.

        Raises:
            LayerRefused: it could not be.
        """
        _close_all_but(keep)
        if "seccomp" not in self.missing and self._filter is not None:
            try:
                self._filter.restrict(os.getpid())
            except OSError as error:
                raise LayerRefused("seccomp", error) from error

    def rehearse(self) -> None:
        """Try all layers in a child, and drop those that the system refuses, or under which Python cannot be read."""
        while (refused := self._rehearsed()) is not None:
            self.missing[refused[0]] = refused[1]

    def _rehearsed(self) -> tuple[str, str] | None:
        """The layer that did not work, and why; `None` when all did.

        Raises:
            LayerRefused: it is none that can be left out.
        """
        reader, writer = os.pipe()
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            try:
                self._try_in_child(parent, writer)
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        if said == b"works":
            return None
        name, _, reason = said.decode("utf-8", "replace").partition(":")
        if not said:
            name, reason = "seccomp", f"ended with status {os.waitstatus_to_exitcode(status)}"
        if name not in self.present:
            raise LayerRefused(name, reason)
        return name, reason

    def _try_in_child(self, parent: int, writer: int) -> None:
        try:
            self.enclose(parent)
            self.close((writer,))
            self._read_python()
        except LayerRefused as refused:
            os.write(writer, f"{refused}".encode())
        else:
            os.write(writer, b"works")

    def _read_python(self) -> None:
        """Read the files that later imports will have to."""
        try:
            for path in self._needed:
                Path(path).read_bytes()
            importlib.import_module(NEVER_LOADED)
        except (OSError, ImportError) as error:
            blamed = next((name for name in ("user", "landlock") if name in self.present), "python")
            raise LayerRefused(blamed, error) from error

    def _prepare(self, name: str, make: Callable[[], None]) -> None:
        if name in self.missing:
            return
        try:
            make()
        except OSError as error:
            self.missing[name] = error.strerror or str(error)

    def _make_rules(self, numpy_folder: str, folder: Sequence[str]) -> None:
        paths = [*readable(numpy_folder), *folder[1:]]
        self._restrict_files = landlock.prepared(landlock.ruleset(paths, listable=folder[:1]))

    def _make_filter(self) -> None:
        self._filter = Filter(os.uname().machine)


def _close_all_but(keep: Collection[int]) -> None:
    start = 3
    for descriptor in sorted(keep):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, MOST_DESCRIPTORS)
