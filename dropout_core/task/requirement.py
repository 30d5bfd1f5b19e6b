"""One clause of a task: its wording for the prompt, the calls it needs, and the check that judges them.

Nothing here imports NumPy: a task whose functions are imported when they are first called can be shown without it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from dropout_core.task.call import Call
    from dropout_core.task.result import CheckResult

    Draw = Callable[[np.random.Generator], Iterable[Call]]
    CheckFunction = Callable[[Any], CheckResult]

RUNS = "runs"
"""Id of the check that every suite contains."""
_ID = re.compile(r"[a-z][a-z0-9_]*")
WATCHES = ("input", "result")
"""What else can be seen of a call; values of `dropout_core.sandbox.Watch`."""


class Explicitness(StrEnum):
    """Level of detail of the prompt."""

    EXPLICIT = "explicit"
    PLAIN = "plain"
    TERSE = "terse"


class UnknownSuite(ValueError):
    """No suite has this name."""


class TaskInvalid(ValueError):
    """A task does not fit together. The message is one line that says what to change."""


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Requirement:
    """One clause of a task: its wording for the prompt, the calls it needs, and its check."""

    id: str
    """One word: the id of its check, and the cause where that fails first."""
    wording: Mapping[Explicitness, str]
    """What the prompt says, at each level."""
    draw: Draw
    """Gives the calls, drawn afresh for every grading from the generator that it is given."""
    check: CheckFunction
    """Judges what came back: a `Made`, or what the task's `observe` makes. A function of nothing else: several may run
    at once."""
    title: str
    """The check's name on screen."""
    failure: str | None
    """The headline when the check fails; `None` takes the message."""
    mentions: tuple[str, ...]
    """Words, in lower case, of which a prompt written by the user holds at least one when it states this."""
    watch: frozenset[str]
    """What else is seen of its calls: ``"input"``, the arguments after the call, and ``"result"``, what was returned
    once all calls are made."""

    def __init__(
        self,
        id: str,  # noqa: A002  the promised name
        wording: str | Mapping[str, str],
        *,
        draw: Draw,
        check: CheckFunction,
        title: str | None = None,
        failure: str | None = None,
        mentions: Sequence[str] = (),
        watch: Iterable[str] = (),
    ) -> None:
        """`wording` is one text, or one for each of ``explicit``, ``plain`` and ``terse``.

        Raises:
            TaskInvalid: with one line.
        """
        if not isinstance(id, str) or not _ID.fullmatch(id):
            raise TaskInvalid(f"requirement id {id!r}: write one word in small letters, such as 'edge_cases'")
        what = f"requirement {id!r}"
        for name, given in (("draw", draw), ("check", check)):
            if not callable(given):
                raise TaskInvalid(f"{what}: {name} is {given!r}; give a function")
        watched = set(texts_of(f"{what}: watch", watch)) | set(getattr(check, "watches", ()))
        unknown = watched - set(WATCHES)
        if unknown:
            known = ", ".join(sorted(WATCHES))
            raise TaskInvalid(f"{what}: cannot watch {min(unknown)!r}; choose of: {known}")
        texts = [("title", title), ("failure", failure)]
        for name, text in texts:
            if text is not None and not (isinstance(text, str) and text.strip()):
                raise TaskInvalid(f"{what}: its {name} is {text!r}; give a text, or leave it out")
        values: dict[str, Any] = {
            "id": id,
            "wording": _wording(what, wording),
            "draw": draw,
            "check": check,
            "title": title or id.replace("_", " ").capitalize(),
            "failure": failure,
            "mentions": tuple(word.lower() for word in texts_of(f"{what}: mentions", mentions)),
            "watch": frozenset(map(str, watched)),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


def _wording(what: str, wording: object) -> Mapping[Explicitness, str]:
    if isinstance(wording, str):
        wording = dict.fromkeys(Explicitness, wording)
    if not isinstance(wording, Mapping):
        raise TaskInvalid(f"{what}: its wording is {wording!r}; give a text, or one for each level")
    levels = set(Explicitness)
    unknown = set(wording) - levels
    if unknown:
        known = ", ".join(Explicitness)
        raise TaskInvalid(
            f"{what}: there is no level {next(iter(unknown))!r} of wording; the levels are {known}"
        )
    for level in Explicitness:
        text = wording.get(level)
        if text is None:
            raise TaskInvalid(f"{what}: its wording lacks the level {level.value!r}")
        if not isinstance(text, str) or not text.strip():
            raise TaskInvalid(f"{what}: its wording is empty; say what the answer must do")
    return {level: wording[level] for level in Explicitness}


def texts_of(what: str, given: Iterable[str]) -> tuple[str, ...]:
    """Several texts, or one.

    Raises:
        TaskInvalid: they are none.
    """
    texts = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else None
    if texts is None or not all(isinstance(text, str) for text in texts):
        raise TaskInvalid(f"{what} is {given!r}; give a tuple of texts")
    return texts
