"""The clauses of the task: each one's wording for the prompt and the check that observes it.

A suite is an ordered set of requirements, so that a prompt asks for exactly what is checked.
The checks themselves are NumPy functions found by the requirement's id (`dropout_core.tasks.dropout.checks`), so that
showing a prompt does not import NumPy.
"""

from __future__ import annotations

from collections.abc import Mapping

from dropout_core.task.own_suite import ids_of, smallest_with
from dropout_core.task.requirement import Requirement, UnknownSuite
from dropout_core.tasks.dropout.clauses.basic import BASIC
from dropout_core.tasks.dropout.clauses.hard import ADDED_BY_HARD
from dropout_core.tasks.dropout.clauses.strict import ADDED_BY_STRICT
from dropout_core.tasks.dropout.suite_versions import SUITE_VERSIONS, SuiteChange, changes_since

__all__ = [
    "BASIC",
    "HARD",
    "STRICT",
    "SUITES",
    "SUITE_IDS",
    "SUITE_VERSIONS",
    "SuiteChange",
    "UnknownSuite",
    "changes_since",
    "named_suite_of",
    "suite_named",
    "suite_version",
]

STRICT = (*BASIC, *ADDED_BY_STRICT)
HARD = (*STRICT, *ADDED_BY_HARD)

SUITES: Mapping[str, tuple[Requirement, ...]] = {"basic": BASIC, "strict": STRICT, "hard": HARD}
"""From the easiest to the hardest; each holds all of the one before it."""
SUITE_IDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(one.id for one in suite) for name, suite in SUITES.items()
}


def suite_named(name: str) -> tuple[Requirement, ...]:
    """The requirements of a suite, in the order of its checks: a named one, or one's own (see `own_suite`).

    Raises:
        UnknownSuite: no suite has this name; the message lists those that exist.
    """
    ids = ids_of(name, SUITE_IDS, SUITE_IDS["hard"])
    return tuple(one for one in HARD if one.id in ids)


def suite_version(name: str) -> int:
    """The version of a suite's rules; of one's own, that of the smallest named one with all its checks.

    Raises:
        UnknownSuite: no suite has this name.
    """
    return SUITE_VERSIONS[named_suite_of(name)]


def named_suite_of(name: str) -> str:
    """The smallest named suite that has all the checks of this one.

    Raises:
        UnknownSuite: no suite has this name.
    """
    return smallest_with(ids_of(name, SUITE_IDS, SUITE_IDS["hard"]), SUITE_IDS)
