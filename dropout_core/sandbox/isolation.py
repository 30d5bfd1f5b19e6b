"""Isolation of untrusted code on this system, determined by trying."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dropout_core.sandbox import ExpressionResult, SandboxBroken
from dropout_core.sandbox.interpreter import INSIDE, PACKAGE

FULL, PARTIAL, WEAK = "full", "partial", "weak"
NO_SECCOMP = "no seccomp"
NO_MEMORY_LIMIT = "no memory limit"
NO_LANDLOCK = "no landlock"
GRADER_READABLE = "the grader can be read"

ATTEMPTS = {
    "read_file": "read your files",
    "read_grader": "read the grader and right answers",
    "read_environment": "read the environment of your processes (API keys)",
    "write_file": "write files",
    "connect": "open network connections",
    "send_datagram": "send datagrams over the network",
    "signal": "signal or end your processes",
    "trace": "read and change the memory of your processes",
    "use_memory": "use all memory",
    "limit": "change the limits of your processes",
    "start_process": "start processes",
    "run_program": "run programs",
}
"""Attempts of `forbidden`, with what untrusted code could do where one is not refused."""

_READING = frozenset({"read_file", "read_grader", "read_environment"})
_LEFT_TO_SECCOMP = frozenset({"send_datagram", "signal", "limit", "start_process"})
"""Attempts that Landlock, or an older version of it, permits."""
_LEFT_TO_LIMITS = frozenset({"use_memory"})


@dataclass(frozen=True, slots=True)
class Isolation:
    """Result of the self-test."""

    possible: frozenset[str]
    """Attempts that were not refused."""

    @property
    def level(self) -> str:
        """Level for the verdict: *full*; *partial* where nothing of the user's can be read or changed, but something
        else is not refused; *weak* for anything else. What is missing follows it, where known."""
        if not self.possible:
            return FULL
        beyond_partial = self.possible - _LEFT_TO_SECCOMP - _LEFT_TO_LIMITS
        if not beyond_partial:
            missing = ((_LEFT_TO_SECCOMP, NO_SECCOMP), (_LEFT_TO_LIMITS, NO_MEMORY_LIMIT))
            return f"{PARTIAL}: {', '.join(words for which, words in missing if self.possible & which)}"
        if beyond_partial == {"read_grader"}:
            return f"{WEAK}: {GRADER_READABLE}"
        return f"{WEAK}: {NO_LANDLOCK}" if self.possible <= _READING else WEAK

    @property
    def is_weak(self) -> bool:
        """Whether it is below partial: not to be used for untrusted code unless the user allows it."""
        return self.level.startswith(WEAK)

    @property
    def unprotected(self) -> str:
        """What untrusted code could do, in words; empty when nothing."""
        phrases = [phrase for name, phrase in ATTEMPTS.items() if name in self.possible]
        return " and ".join(filter(None, (", ".join(phrases[:-1]), *phrases[-1:])))


UNPROTECTED = Isolation(frozenset(ATTEMPTS))
"""Isolation by a separate process only."""


def observed_isolation(evaluate: Callable[[str], ExpressionResult]) -> Isolation:
    """Isolation found by trying everything forbidden in the sandbox that `evaluate` belongs to.

    Raises:
        SandboxBroken: what was tried cannot be told.
    """
    source = (INSIDE / "forbidden.py").read_text(encoding="utf-8")
    with _place_to_try() as (readable, new):
        result = evaluate(f"{source}\n\ntry_all({os.getpid()}, {readable!r}, {new!r}, {_grader_files()!r})\n")
    refused = _refused(result.stdout)
    if "read_file" not in refused and "read_file" not in result.stdout:
        raise SandboxBroken(f"the sandbox's self-test failed: {result.error or 'it said nothing'}")
    return Isolation(frozenset(ATTEMPTS) - refused)


def _grader_files() -> list[str]:
    """A file of the grader, and a right answer, where they are installed."""
    answers = sorted((PACKAGE / "tasks" / "dropout" / "answers" / "right").glob("*.txt"))
    return [str(path) for path in (PACKAGE / "__init__.py", *answers[:1])]


@contextlib.contextmanager
def _place_to_try() -> Iterator[tuple[str, str]]:
    """A file that every user may read, and one that every user might make. Where nothing can be written at all, the
    first is one that there is."""
    try:
        name = tempfile.mkdtemp(prefix="dropout-")
    except OSError:
        new = INSIDE / "written"
        yield str(INSIDE / "forbidden.py"), str(new)
        with contextlib.suppress(OSError):
            new.unlink()
        return
    folder = Path(name)
    try:
        folder.chmod(0o777)
        (folder / "readable").touch(mode=0o644)
        yield str(folder / "readable"), str(folder / "written")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(lines: str) -> frozenset[str]:
    """Attempts that the output reports as refused."""
    pairs = (json.loads(line) for line in lines.splitlines() if line.startswith("["))
    return frozenset(name for name, refused in pairs if refused is True)
