"""Definition of a task: what is asked, its requirements, and its suites."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropout_core.task.changes import SuiteChange, changes_since
from dropout_core.task.own_suite import ids_of, own_suite, read_as_changes, smallest_with
from dropout_core.task.requirement import RUNS, Explicitness, Requirement, TaskInvalid, UnknownSuite, texts_of
from dropout_core.values.config import Mode

if TYPE_CHECKING:
    import numpy as np

    from dropout_core.sandbox import Prepared, ReadableFolder
    from dropout_core.task.call import Call
    from dropout_core.task.made import Made
    from dropout_core.task.result import CheckResult
    from dropout_core.verdict.check import Check

    Observe = Callable[[Sequence[Requirement], int, str], Prepared[Any]]
    Headline = Callable[[Requirement, Check], str]

BASIC = "basic"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def is_task_name(name: str) -> bool:
    """Whether a task may be called so."""
    return _NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A task: what is asked, and how answers are judged.

    `runs` comes first by itself: the code defines the function, and all calls together keep to the limits.
    """

    name: str
    function: str
    """The name of what an answer must define."""
    opening: str | Mapping[str, str]
    """How the prompt begins: what to implement. One text, or one for each level, empty where `runs` says it."""
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
    """To be raised whenever equal answers may be judged otherwise."""
    false_reject: float | None = None
    """Highest probability that a right answer fails one grading, by any of its suites; `None` where it is not known."""
    changes: tuple[SuiteChange, ...] = ()
    """What versions changed, in their order, as far as it is to be told where answers are graded again."""
    observe: Observe | None = None
    """Where requirements share their calls: from those of the suite, a seed and the code, the calls and what makes
    of their results the one thing that every check is given. Such a task has a requirement `runs` of its own, the
    first. `None`: each requirement's check is given what came of the calls that it drew."""
    headline: Headline | None = None
    """What a verdict says where this check is the first that failed; `None`: the requirement's `failure`, or else its
    message."""
    path: Path | None = None
    """The file it was loaded from."""
    digest: str | None = None
    """Digest of that file's content."""

    def __post_init__(self) -> None:
        """Check that all parts fit together.

        Raises:
            TaskInvalid: with one line.
        """
        if not isinstance(self.name, str) or not is_task_name(self.name):
            raise TaskInvalid(f"task name {self.name!r}: write one word of letters, digits, '_', '-' and '.'")
        what = f"task {self.name!r}"
        _check_function(what, self.function, self.signature)
        if not self._openings_fit():
            raise TaskInvalid(f"{what}: its opening is empty; say what to implement")
        requirements = _requirements(what, self.requirements)
        ids = [one.id for one in requirements]
        _check_ids(what, ids, shares_calls=self.observe is not None)
        object.__setattr__(self, "requirements", requirements)
        object.__setattr__(self, "suites", _suites(what, self.suites, ids))
        object.__setattr__(self, "answers", _folder(what, "answers", self.answers))
        object.__setattr__(self, "samples", _folder(what, "samples", self.samples))
        if self.tools is not None:
            raise TaskInvalid(f"{what}: a task has no tools of its own; leave tools out")
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise TaskInvalid(f"{what}: version is {self.version!r}; give a whole number from 1 up")
        if self.false_reject is not None and not _is_probability(self.false_reject):
            raise TaskInvalid(
                f"{what}: false_reject is {self.false_reject!r}; give a probability from 0 to 1, or leave it out"
            )

    def _openings_fit(self) -> bool:
        given = self.opening
        if isinstance(given, Mapping):
            return set(given) == set(Explicitness) and all(isinstance(text, str) for text in given.values())
        return isinstance(given, str) and bool(given.strip())

    def opening_at(self, level: str = Explicitness.EXPLICIT) -> str:
        """How its prompt of this level begins."""
        return self.opening if isinstance(self.opening, str) else self.opening[Explicitness(level)]

    @property
    def default_suite(self) -> str:
        """First of its suites."""
        return next(iter(self.suite_ids))

    @property
    def suite_ids(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of each suite's requirements, without `runs`."""
        return self.suites or {}

    @property
    def suite_names(self) -> tuple[str, ...]:
        """The names of its suites, the easiest first."""
        return tuple(self.suite_ids)

    @property
    def _order(self) -> tuple[str, ...]:
        """The ids of all requirements."""
        return (RUNS, *(one.id for one in self.requirements if one.id != RUNS))

    def own_suite(self, base: str, checks: str) -> str:
        """The name of a suite with checks added or left out: ``own_suite("basic", "+dtype,-edge_cases")``.

        Raises:
            UnknownSuite: there is no such suite or check, or the changes are not written so.
        """
        return own_suite(base, checks, self.suite_ids, self._order)

    def named_suite_of(self, suite: str) -> str:
        """The smallest named suite that has all the checks of this one; the hardest where none has.

        Raises:
            UnknownSuite: there is no suite of this name.
        """
        return smallest_with([one.id for one in self.suite(suite) if one.id != RUNS], self.suite_ids)

    def changes_since(self, suite: str, version: int) -> tuple[SuiteChange, ...]:
        """What `suite` judges otherwise than the task's `version` did."""
        return changes_since(self.changes, self.suite_names, suite, version)

    def stored(self, suite: str) -> dict[str, Any]:
        """What an evaluation's configuration keeps of it, and of the suite that its answers are judged by.

        Raises:
            UnknownSuite: it has none of this name.
        """
        return {
            "task": self.name,
            "task_file": None if self.path is None else str(self.path),
            "task_version": self.version,
            "task_digest": self.digest,
            "function": self.function,
            "suite": suite,
            "check_titles": tuple((one.id, one.title) for one in self.suite(suite)),
        }

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
            ids = ids_of(name, self.suite_ids, self._order)
        except UnknownSuite as error:
            raise UnknownSuite(
                str(error).replace(f"suite {name!r};", f"suite {name!r} of task {self.name};")
            ) from None
        return (self.runs, *(by_id[id_] for id_ in ids if id_ != RUNS))

    @property
    def runs(self) -> Requirement:
        """That the code runs at all. Whether it does shows in the calls of all other requirements."""
        if self.requirements[0].id == RUNS:
            return self.requirements[0]
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

        return assemble(self.suite(suite), Explicitness(level), mode, opening=self.opening_at(level))


def _nothing(_: np.random.Generator) -> Iterable[Call]:
    return ()


def _seen_elsewhere(_: Made) -> CheckResult:
    from dropout_core.task.result import not_reached

    return not_reached("It shows in the calls of all other requirements.")


def _check_function(what: str, function: object, signature: str | None) -> None:
    if not isinstance(function, str) or not function.isidentifier() or keyword.iskeyword(function):
        raise TaskInvalid(f"{what}: function is {function!r}; give the name of a Python function")
    if signature is not None and not _is_call_of(function, signature):
        raise TaskInvalid(f"{what}: signature is {signature!r}; write it as '{function}(x)'")


def _requirements(what: str, given: object) -> tuple[Requirement, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TaskInvalid(
            f"{what}: requirements is of type {type(given).__name__}; give a tuple of Requirement"
        )
    for one in given:
        if not isinstance(one, Requirement):
            raise TaskInvalid(f"{what}: requirements holds {one!r}; give a tuple of Requirement")
    if not given:
        raise TaskInvalid(f"{what}: there are no requirements; give at least one")
    return tuple(given)


def _check_ids(what: str, ids: Sequence[str], *, shares_calls: bool) -> None:
    for id_ in ids:
        if ids.count(id_) > 1:
            raise TaskInvalid(f"{what}: two requirements have the id {id_!r}; give each its own")
    if shares_calls and ids[0] != RUNS:
        raise TaskInvalid(f"{what}: where requirements share their calls, the first is {RUNS!r}; give one")
    if not shares_calls and RUNS in ids:
        raise TaskInvalid(f"{what}: the requirement {RUNS!r} comes by itself; give yours another id")


def _folder(what: str, name: str, given: object) -> Path | None:
    if not isinstance(given, Path | str | None):
        raise TaskInvalid(f"{what}: {name} is {given!r}; give the path of a folder")
    return None if given is None else Path(given)


def _is_probability(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


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
        if (
            other := read_as_changes(name, (one for one in suites if isinstance(one, str)), {RUNS, *ids})
        ) is not None:
            raise TaskInvalid(
                f"{what}: the suite {name!r} would also be {other!r} with checks left out; give it another name"
            )
        listed = [id_ for id_ in texts_of(f"{what}: suite {name!r}", members) if id_ != RUNS]
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
