"""One clause of the dropout task: wording, calls and check side by side.

Draws and checks are named, and are imported when they are first called, so that showing a prompt does not import NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from typing import Any

from dropout_core.task.requirement import Explicitness, Requirement

TASK = "dropout_core.tasks.dropout"


def clause(
    id_: str,
    *,
    title: str,
    failure: str,
    wording: Mapping[Explicitness, str],
    mentions: tuple[str, ...],
    check: str,
    draw: str | None = None,
    watch: Collection[str] = (),
) -> Requirement:
    """The requirement whose check is a function of `dropout_core.tasks.dropout.checks`, ``"dtypes.check_dtype"``.

    `draw` names a function of `dropout_core.tasks.dropout.probes` in the same way; `None`: the calls that every suite
    makes are all that the check looks at.
    """

    def judged(observed: Any) -> Any:
        found = import_module(f"{TASK}.observations.owned_finding").owned_finding
        return found(id_, _named(f"{TASK}.checks.{check}"), observed)

    return Requirement(
        id_,
        {str(level): text for level, text in wording.items()},
        draw=_nothing if draw is None else _drawn_by(f"{TASK}.probes.{draw}"),
        check=judged,
        title=title,
        failure=failure,
        mentions=mentions,
        watch=watch,
    )


def _drawn_by(name: str) -> Callable[[Any], Any]:
    return lambda rng: _named(name)(rng)


def _named(name: str) -> Callable[[Any], Any]:
    """The function of this name."""
    module, _, function = name.rpartition(".")
    found: Callable[[Any], Any] = getattr(import_module(module), function)
    return found


def _nothing(_: Any) -> tuple[()]:
    return ()
