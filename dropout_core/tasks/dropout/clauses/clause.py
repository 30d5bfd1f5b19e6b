"""One clause of the dropout task: wording, calls and check side by side.

Draws and checks are named, and are imported when they are first called, so that showing a prompt does not import NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
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
    return Requirement(
        id_,
        {str(level): text for level, text in wording.items()},
        draw=_nothing if draw is None else partial(_drawn, f"{TASK}.probes.{draw}"),
        check=partial(_judged, id_, f"{TASK}.checks.{check}"),
        title=title,
        failure=failure,
        mentions=mentions,
        watch=watch,
    )


def _drawn(draw: str, rng: Any) -> Any:
    return _named(draw)(rng)


def _judged(id_: str, check: str, observed: Any) -> Any:
    return _named(f"{TASK}.observations.owned_finding.owned_finding")(id_, _named(check), observed)


def _named(name: str) -> Callable[..., Any]:
    """The function of this name. `import_module` waits where another thread is importing its module at the moment."""
    module, _, function = name.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def _nothing(_: Any) -> tuple[()]:
    return ()
