"""What the versions of a task judge otherwise than those before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SuiteChange:
    """One thing that a version judges otherwise than the version before it."""

    suite: str
    """The easiest suite that it concerns; it concerns the harder ones too."""
    version: int
    checks: tuple[str, ...]
    """Ids of the checks that may say something else. None, where it is any of them."""
    what: str


def changes_since(
    changes: Sequence[SuiteChange], suites: Sequence[str], suite: str, version: int
) -> tuple[SuiteChange, ...]:
    """Those of the `changes` after `version` that concern `suite`, of all the `suites`, the easiest first. Of a suite
    of one's own nothing is known."""
    if suite not in suites:
        return ()
    concerned = suites[: suites.index(suite) + 1]
    return tuple(change for change in changes if change.suite in concerned and change.version > version)
