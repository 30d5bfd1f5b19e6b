"""The clauses of the task: each one's wording for the prompt and the check that observes it.

A suite is an ordered set of requirements, so that a prompt asks for exactly what is checked.
The checks themselves are NumPy functions found by the requirement's id (`dropout_core.grading.checks`), so that
showing a prompt does not import NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping

from dropout_core.requirements.basic import BASIC
from dropout_core.requirements.hard import ADDED_BY_HARD
from dropout_core.requirements.requirement import Explicitness, Requirement, UnknownSuite
from dropout_core.requirements.strict import ADDED_BY_STRICT
from dropout_core.requirements.versions import SUITE_VERSIONS, SuiteChange, changes_since

__all__ = [
    "BASIC",
    "HARD",
    "STRICT",
    "SUITES",
    "SUITE_VERSIONS",
    "Explicitness",
    "Requirement",
    "SuiteChange",
    "UnknownSuite",
    "changes_since",
    "suite_named",
]

STRICT = (*BASIC, *ADDED_BY_STRICT)
HARD = (*STRICT, *ADDED_BY_HARD)

SUITES: Mapping[str, tuple[Requirement, ...]] = {"basic": BASIC, "strict": STRICT, "hard": HARD}
"""From the easiest to the hardest; each holds all of the one before it."""


def suite_named(name: str) -> tuple[Requirement, ...]:
    """The requirements of a suite, in the order of its checks.

    Raises:
        UnknownSuite: no suite has this name; the message lists those that exist.
    """
    try:
        return SUITES[name]
    except KeyError:
        raise UnknownSuite(f"unknown suite {name!r}; choose one of: {', '.join(SUITES)}") from None
