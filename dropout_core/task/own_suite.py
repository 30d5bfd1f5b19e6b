"""Suite of one's own: a named one with checks added or left out, as its name says: ``"basic+dtype-edge_cases"``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from dropout_core.task.requirement import RUNS, UnknownSuite

_CHANGE = re.compile(r"([+-])([a-z][a-z0-9_]*)")
_CHANGES = re.compile(r"(?:[+-][a-z][a-z0-9_]*)+")


def ids_of(name: str, suites: Mapping[str, Sequence[str]], order: Sequence[str]) -> tuple[str, ...]:
    """Checks of a suite, in the given `order` of all checks.

    Raises:
        UnknownSuite: there is no such suite or check; the message lists those that there are.
    """
    if name in suites:
        return tuple(suites[name])
    base = _base_of(name, suites)
    if base is None:
        raise UnknownSuite(f"unknown suite {name!r}; choose one of: {', '.join(suites)}")
    chosen = set(suites[base])
    for sign, id_ in _CHANGE.findall(name[len(base) :]):
        if id_ not in order:
            raise UnknownSuite(f"there is no check {id_!r}; choose of: {', '.join(order)}")
        if id_ == RUNS:
            raise UnknownSuite(f"{RUNS} is in every suite; take it off the list")
        chosen = chosen | {id_} if sign == "+" else chosen - {id_}
    if not chosen - {RUNS}:
        raise UnknownSuite(f"{name!r} leaves no check but {RUNS}; keep at least one")
    return tuple(id_ for id_ in order if id_ in chosen)


def read_as_changes(name: str, suites: Iterable[str], order: Collection[str]) -> str | None:
    """The suite of which `name` would also be a change by checks that there are; `None` for none."""
    for other in suites:
        rest = name.removeprefix(other)
        if (
            rest != name
            and _CHANGES.fullmatch(rest)
            and {id_ for _, id_ in _CHANGE.findall(rest)} <= set(order)
        ):
            return other
    return None


def own_suite(base: str, checks: str, suites: Mapping[str, Sequence[str]], order: Sequence[str]) -> str:
    """Name of a suite with these changes: ``own_suite("basic", "+dtype,-edge_cases", …)``. Equal suites have one name,
    which is that of a named suite where it is equal to one.

    Raises:
        UnknownSuite: there is no such suite or check, or the changes are not written so.
    """
    changes = [one.strip() for one in checks.split(",")]
    for change in changes:
        if not _CHANGE.fullmatch(change):
            raise UnknownSuite(f"{change!r} changes no suite; write the checks as +dtype,-edge_cases")
    ids = ids_of(f"{base}{''.join(changes)}", suites, order)
    for name, named in suites.items():
        if set(named) == set(ids):
            return name
    # Changes that the base already has are part of the difference.
    root = _base_of(base, suites) or base
    added = "".join(f"+{id_}" for id_ in order if id_ in ids and id_ not in suites[root])
    return root + added + "".join(f"-{id_}" for id_ in order if id_ in suites[root] and id_ not in ids)


def _base_of(name: str, suites: Collection[str]) -> str | None:
    """The named suite of which `name` is a change, or that it is."""
    if name in suites:
        return name
    bases = (one for one in suites if name.startswith(one) and _CHANGES.fullmatch(name[len(one) :]))
    return max(bases, key=len, default=None)


def smallest_with(ids: Sequence[str], suites: Mapping[str, Sequence[str]]) -> str:
    """First named suite that contains all of these checks; the last where none does."""
    return next((name for name, named in suites.items() if set(ids) <= set(named)), list(suites)[-1])
