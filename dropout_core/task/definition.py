"""Definition of a task: what is asked, its requirements, and its suites."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dropout_core.sandbox import ReadableFolder, Watch
from dropout_core.sandbox.function_calls import WATCHES
from dropout_core.task.call import Call
from dropout_core.task.made import Made
from dropout_core.task.own_suite import ids_of
from dropout_core.task.requirement import Explicitness, UnknownSuite
from dropout_core.task.result import CheckResult, not_reached
from dropout_core.values.config import Mode

Draw = Callable[[np.random.Generator], Iterable[Call]]
CheckFunction = Callable[[Made], CheckResult]

RUNS = "runs"
BASIC = "basic"
_ID = re.compile(r"[a-z][a-z0-9_]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


class TaskInvalid(ValueError):
    """The parts of a task do not fit together. The message says what to change, in one line."""


@dataclass(frozen=True, slots=True, init=False, eq=False)
class Requirement:
    """One clause of a task: its wording for the prompt, the calls it needs, and its check."""

    id: str
    """One word: id of its check, and the cause when that fails first."""
    wording: Mapping[Explicitness, str]
    """Wording in the prompt, at each level."""
    draw: Draw
    """Draws the calls, anew for every grading, with the generator that it is given."""
    check: CheckFunction
    """Judges the calls' results. It must be a pure function: several may run at once."""
    title: str
    """Name of the check on screen."""
    failure: str | None
    """Headline when the check fails; `None` uses the message."""
    mentions: tuple[str, ...]
    """Lower-case words, one of which appears in any prompt that states this requirement."""
    watch: frozenset[Watch]
    """Further observations of its calls: ``"input"``, the arguments after the call, and ``"result"``, the returned
    value after all calls."""

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
        watched = set(_texts(f"{what}: watch", watch)) | set(getattr(check, "watches", ()))
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
            "mentions": tuple(word.lower() for word in _texts(f"{what}: mentions", mentions)),
            "watch": frozenset(map(Watch, watched)),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A task: what is asked, and how answers are judged.

    `runs` comes first by itself: the code defines the function, and all calls together keep to the limits.
    """

    name: str
    function: str
    """Name of the function that an answer must define."""
    opening: str
    """Beginning of the prompt: what to implement."""
    requirements: tuple[Requirement, ...]
    suites: Mapping[str, tuple[str, ...]] | None = None
    """Ids of the requirements in each suite, by its name, the easiest first. By default one suite, ``basic``, with all
    of them."""
    signature: str | None = None
    """The function as one would declare it, for prompt and tools: ``"softmax(x, axis=-1)"``."""
    answers: Path | str | None = None
    """A folder of ``right/*.py``, ``wrong/*.py`` and ``hostile/*.py`` to audit with. A relative one is looked for
    beside the task's file, like `samples`."""
    samples: Path | str | None = None
    """A folder of replies, ``*.md`` or ``*.py``, or one file, that the model `sample` gives."""
    tools: None = None
    """No tools but `python_expression` and `submit_answer`."""
    version: int = 1
    """To be raised whenever equal answers may get another verdict."""
    path: Path | None = None
    """The file it was loaded from."""
    digest: str | None = None
    """Digest of that file's content."""

    def __post_init__(self) -> None:
        """Check that all parts fit together.

        Raises:
            TaskInvalid: with one line.
        """
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise TaskInvalid(f"task name {self.name!r}: write one word of letters, digits, '_', '-' and '.'")
        what = f"task {self.name!r}"
        if (
            not isinstance(self.function, str)
            or not self.function.isidentifier()
            or keyword.iskeyword(self.function)
        ):
            raise TaskInvalid(f"{what}: function is {self.function!r}; give the name of a Python function")
        if not isinstance(self.opening, str) or not self.opening.strip():
            raise TaskInvalid(f"{what}: its opening is empty; say what to implement")
        if not isinstance(self.requirements, Sequence) or isinstance(self.requirements, str):
            raise TaskInvalid(
                f"{what}: requirements is of type {type(self.requirements).__name__}; give a tuple of Requirement"
            )
        for one in self.requirements:
            if not isinstance(one, Requirement):
                raise TaskInvalid(f"{what}: requirements holds {one!r}; give a tuple of Requirement")
        if not self.requirements:
            raise TaskInvalid(f"{what}: there are no requirements; give at least one")
        object.__setattr__(self, "requirements", tuple(self.requirements))
        ids = [one.id for one in self.requirements]
        for id_ in ids:
            if ids.count(id_) > 1:
                raise TaskInvalid(f"{what}: two requirements have the id {id_!r}; give each its own")
        if RUNS in ids:
            raise TaskInvalid(f"{what}: the requirement {RUNS!r} comes by itself; give yours another id")
        object.__setattr__(self, "suites", _suites(what, self.suites, ids))
        if self.signature is not None and not _is_call_of(self.function, self.signature):
            raise TaskInvalid(f"{what}: signature is {self.signature!r}; write it as '{self.function}(x)'")
        for name in ("answers", "samples"):
            given = getattr(self, name)
            if not isinstance(given, Path | str | None):
                raise TaskInvalid(f"{what}: {name} is {given!r}; give the path of a folder")
            object.__setattr__(self, name, None if given is None else Path(given))
        if self.tools is not None:
            raise TaskInvalid(f"{what}: a task has no tools of its own; leave tools out")
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise TaskInvalid(f"{what}: version is {self.version!r}; give a whole number from 1 up")

    @property
    def default_suite(self) -> str:
        """First of its suites."""
        return next(iter(self.suite_ids))

    @property
    def suite_ids(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of each suite's requirements, without `runs`."""
        return self.suites or {}

    @property
    def readable(self) -> ReadableFolder | None:
        """Folder that can be read in the sandbox while answers are judged; `None` for none."""
        return None

    @property
    def whole_prompt(self) -> str | None:
        """Prompt as its author wrote it; `None` where it is assembled."""
        return None

    def suite(self, name: str | None = None) -> tuple[Requirement, ...]:
        """Requirements of a suite, `runs` first.

        Raises:
            UnknownSuite: it has none of this name.
        """
        name = self.default_suite if name is None else name
        by_id = {one.id: one for one in self.requirements}
        try:
            ids = ids_of(name, self.suite_ids, (RUNS, *by_id))
        except UnknownSuite as error:
            raise UnknownSuite(
                str(error).replace(f"suite {name!r};", f"suite {name!r} of task {self.name};")
            ) from None
        return (self.runs, *(by_id[id_] for id_ in ids))

    @property
    def runs(self) -> Requirement:
        """Requirement that the code runs at all, which shows in the calls of all others."""
        declared = self.signature or self.function
        return Requirement(
            RUNS,
            {
                Explicitness.EXPLICIT: f"Define a function `{declared}`. It is called many times in one process.",
                Explicitness.PLAIN: f"Define a function `{declared}`.",
                Explicitness.TERSE: f"Define `{declared}`.",
            },
            draw=_nothing,
            check=_seen_elsewhere,
            mentions=(self.function.lower(),),
        )

    def prompt(
        self, level: str = Explicitness.EXPLICIT, suite: str | None = None, mode: Mode = "answer"
    ) -> str:
        """The prompt that states every requirement of the suite.

        Raises:
            UnknownSuite: it has none of this name.
            ValueError: there is no such level.
        """
        from dropout_core.task.prompt import assemble

        return assemble(self.suite(suite), Explicitness(level), mode, opening=self.opening)


def _nothing(_: np.random.Generator) -> Iterable[Call]:
    return ()


def _seen_elsewhere(_: Made) -> CheckResult:
    return not_reached("It shows in the calls of all other requirements.")


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


def _texts(what: str, given: Iterable[str]) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else tuple(given) if isinstance(given, Iterable) else None
    if texts is None or not all(isinstance(text, str) for text in texts):
        raise TaskInvalid(f"{what} is {given!r}; give a tuple of texts")
    return texts


def _suites(
    what: str, suites: Mapping[str, Iterable[str]] | None, ids: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    if suites is None:
        return {BASIC: tuple(ids)}
    if not isinstance(suites, Mapping) or not suites:
        raise TaskInvalid(f"{what}: suites is {suites!r}; map names of suites to ids of requirements")
    found = {}
    for name, members in suites.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise TaskInvalid(f"{what}: {name!r} is not a name for a suite; write one word")
        listed = [id_ for id_ in _texts(f"{what}: suite {name!r}", members) if id_ != RUNS]
        unknown = [id_ for id_ in listed if id_ not in ids]
        if unknown:
            raise TaskInvalid(
                f"{what}: suite {name!r} names {unknown[0]!r}, which is not a requirement; there are: {', '.join(ids)}"
            )
        if len(set(listed)) < len(listed):
            raise TaskInvalid(f"{what}: suite {name!r} names a requirement twice")
        if not listed:
            raise TaskInvalid(f"{what}: suite {name!r} is empty; name at least one requirement")
        found[name] = tuple(listed)
    return found


def _is_call_of(function: str, signature: object) -> bool:
    if not isinstance(signature, str):
        return False
    try:
        compile(f"def {signature}: pass", "<signature>", "exec")
    except (SyntaxError, ValueError):
        return False
    return signature.partition("(")[0].strip() == function
