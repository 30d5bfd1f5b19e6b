"""How well untrusted code is kept apart on this system: tried, not assumed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dropout_core.sandbox import ExpressionResult, SandboxBroken
from dropout_core.sandbox.interpreter import HERE

FULL = "full"
NO_LANDLOCK = "partial: no landlock"
NO_SECCOMP = "partial: no seccomp"
BASIC = "basic"

ATTEMPTS = {
    "read_file": "read your files",
    "read_environment": "read the environment of your processes (API keys)",
    "write_file": "write files",
    "connect": "open network connections",
    "send_datagram": "send datagrams over the network",
    "signal": "signal or end your processes",
    "trace": "read and change the memory of your processes",
    "limit": "change the limits of your processes",
    "start_process": "start processes",
    "run_program": "run programs",
}
"""What `forbidden` tries, and what it means when that is not refused: untrusted code could …"""

_READING = frozenset({"read_file", "read_environment"})
_LEFT_TO_SECCOMP = frozenset({"send_datagram", "signal", "trace", "limit", "start_process"})
"""What Landlock, or an older version of it, lets through."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """What the self-test found."""

    possible: frozenset[str]
    """The attempts that were not refused."""

    @property
    def level(self) -> str:
        """In one word, for the verdict."""
        if not self.possible:
            return FULL
        if self.possible <= _READING:
            return NO_LANDLOCK
        if self.possible <= _LEFT_TO_SECCOMP:
            return NO_SECCOMP
        return BASIC

    @property
    def is_weak(self) -> bool:
        """Below partial: not to be used for code that one does not trust, unless asked to."""
        return self.level == BASIC

    @property
    def unprotected(self) -> str:
        """What untrusted code could do, in words; empty when nothing."""
        phrases = [phrase for name, phrase in ATTEMPTS.items() if name in self.possible]
        return " and ".join(filter(None, (", ".join(phrases[:-1]), *phrases[-1:])))


UNPROTECTED = Isolation(frozenset(ATTEMPTS))
"""Another process, and no more."""


def observed_isolation(evaluate: Callable[[str], ExpressionResult]) -> Isolation:
    """Try everything forbidden in the sandbox of which this is the `evaluate`.

    Raises:
        SandboxBroken: what was tried cannot be told.
    """
    source = (HERE / "forbidden.py").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="dropout-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "readable").touch(mode=0o644)
        result = evaluate(f"{source}\n\ntry_all({os.getpid()}, {name!r})\n")
    refused = _refused(result.stdout)
    if "read_file" not in refused and "read_file" not in result.stdout:
        raise SandboxBroken(f"the sandbox's self-test failed: {result.error or 'it said nothing'}")
    return Isolation(frozenset(ATTEMPTS) - refused)


def _refused(lines: str) -> frozenset[str]:
    """The attempts of which a line says that they were refused."""
    pairs = (json.loads(line) for line in lines.splitlines() if line.startswith("["))
    return frozenset(name for name, refused in pairs if refused is True)
