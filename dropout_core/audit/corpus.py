"""Answers with known verdicts: those of this package, and the user's own.

A folder of answers contains ``right/*.py``, ``wrong/*.py`` and ``hostile/*.py``; ``*.txt`` is read as well, for code
that other tools should not pick up. Its ``index.toml`` states the expected verdict of each file. Without one, right
answers must pass whichever suite is audited, wrong ones must fail it, and hostile ones must fail and do no harm.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.task.sources.loading import load_task
from dropout_core.values.files.text_file import MAX_BYTES
from dropout_core.values.files.user_file import read_file
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.known_answers import Kind

INDEX = "index.toml"
ENDINGS = (".py", ".txt")
_KEYS = {
    Kind.RIGHT: ("file", "name", "up_to"),
    Kind.WRONG: ("file", "name", "suite", "caught_by", "may_also_fail"),
    Kind.HOSTILE: ("file", "name", "endless"),
}
"""What the index may say of an answer of each kind."""


class CorpusUnreadable(ValueError):
    """A folder of answers, or its index, cannot be used; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with a known verdict."""

    kind: Kind
    name: str
    """Its style, or its mistake."""
    code: str
    suites: tuple[str, ...]
    """Suites in which the verdict is known."""
    caught_by: frozenset[str] = frozenset()
    """For a wrong answer: checks that must fail. Empty when not specified."""
    may_also_fail: frozenset[str] = frozenset()
    """For a wrong answer: checks that may fail as well, by chance or as a consequence."""
    judged_by: frozenset[str] | None = None
    """Checks that must pass unless named above; `None` for none."""
    endless: bool = False
    """It never ends by itself, so a short time limit saves time."""
    folder: str = ""
    """The user's folder that it is in; empty for one that comes with the task."""


@cache
def built_in_answers() -> tuple[Answer, ...]:
    """Those to dropout."""
    return answers_of(load_task(DROPOUT))


def answers_of(task: Task) -> tuple[Answer, ...]:
    """Those that come with the task; none where none do.

    Raises:
        CorpusUnreadable: they cannot be read.
    """
    return () if task.answers is None else read_answers(Path(task.answers), task)


def answers_for(
    suite: str, answers: tuple[Answer, ...] | None = None, task: Task | None = None
) -> tuple[Answer, ...]:
    """Those of `answers`, or of those that come with the task, whose verdict by `suite` is known. The task is dropout
    unless another is given.

    Raises:
        UnknownSuite: no suite has this name.
    """
    task = load_task(DROPOUT) if task is None else task
    ids = {requirement.id for requirement in task.suite(suite)}
    chosen = answers_of(task) if answers is None else answers
    if suite in task.suite_ids:
        return tuple(answer for answer in chosen if suite in answer.suites)
    named = task.named_suite_of(suite)
    return tuple(
        _judged_by(ids, answer) for answer in chosen if named in answer.suites and _is_known(answer, ids)
    )


def _is_known(answer: Answer, ids: Set[str]) -> bool:
    """Whether the verdict in a suite of one's own is known: a wrong answer needs a check there that catches it."""
    return answer.kind is not Kind.WRONG or bool(answer.caught_by & ids)


def _judged_by(ids: Set[str], answer: Answer) -> Answer:
    """The answer with its expectations reduced to these checks. Without a check that names a fault, other checks report
    it."""
    return replace(answer, caught_by=answer.caught_by & ids, judged_by=None)


def read_answers(folder: Path, task: Task | None = None) -> tuple[Answer, ...]:
    """The answers to a task in a folder, in the order of its index, or by name where it has none. The task is dropout
    unless another is given.

    Raises:
        CorpusUnreadable: the folder holds no answers, or its index does not fit them.
    """
    task = load_task(DROPOUT) if task is None else task
    try:
        index = folder / INDEX
        described = _read_index(index) if index.exists() else None
        files = _files(folder)
        answers = tuple(_listed(folder, described, task) if described is not None else _unlisted(files, task))
    except (OSError, ValueError) as error:  # both parsers' errors are ValueErrors
        raise CorpusUnreadable(f"cannot read the answers in {str(folder)!r}: {error}") from None
    if not answers:
        raise CorpusUnreadable(
            f"no answers in {str(folder)!r}; put them into its folders right, wrong or hostile"
        )
    return answers


def _files(folder: Path) -> list[Path]:
    return sorted(path for kind in Kind for ending in ENDINGS for path in folder.glob(f"{kind}/*{ending}"))


def _text(path: Path) -> str:
    return read_file(path, most=MAX_BYTES).decode("utf-8")


def _unlisted(files: list[Path], task: Task) -> Iterator[Answer]:
    for path in files:
        yield Answer(Kind(path.parent.name), path.stem, _text(path), task.suite_names)


def _read_index(path: Path) -> Mapping[str, Any]:
    try:
        index = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{INDEX} is not written as TOML: {error}") from None
    for kind, entries in index.items():
        if kind not in _KEYS:
            raise ValueError(f"{INDEX} has {kind!r}; answers are [[{']], [['.join(_KEYS)}]]")
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError(f"{kind!r} in {INDEX} is no list of answers; write [[{kind}]] above each")
    return index


def _listed(folder: Path, index: Mapping[str, Any], task: Task) -> Iterator[Answer]:
    listed = set()
    for kind in Kind:
        for entry in index.get(kind, ()):
            path = folder / str(entry["file"]) if "file" in entry else None
            if path is None:
                raise ValueError(f"an entry of [[{kind}]] in {INDEX} has no file")
            if not path.exists():
                raise ValueError(f"{entry['file']} is in {INDEX}, but there is no such file")
            listed.add(path)
            try:
                yield _answer(kind, entry, path, task)
            except UnknownSuite as error:
                raise ValueError(f"{path.name}: {error}") from None
    for path in _files(folder):
        if path not in listed:
            name = path.relative_to(folder)
            raise ValueError(f'{name} is not in {INDEX}; add [[{path.parent.name}]] with file = "{name}"')


def _answer(kind: Kind, entry: Mapping[str, Any], path: Path, task: Task) -> Answer:
    for key in entry:
        if key not in _KEYS[kind]:
            raise ValueError(
                f"{path.name}: {INDEX} has {key!r}; the keys of [[{kind}]] are {', '.join(_KEYS[kind])}"
            )
    names = list(task.suite_names)
    name, code = str(entry.get("name", path.stem)), _text(path)
    match kind:
        case Kind.RIGHT:
            hardest = str(entry.get("up_to", names[-1]))
            task.suite(hardest)
            return Answer(kind, name, code, tuple(names[: names.index(hardest) + 1]))
        case Kind.WRONG:
            first = str(entry.get("suite", names[0]))
            known = [requirement.id for requirement in task.suite(first)]
            caught_by, may = (_checks(entry, key, path) for key in ("caught_by", "may_also_fail"))
            if not caught_by | may <= set(known):
                unknown = ", ".join(sorted((caught_by | may) - set(known)))
                raise ValueError(
                    f"{path.name}: the suite {first} has no check {unknown}; there are: {', '.join(known)}"
                )
            judged_by = frozenset(known) if caught_by else None
            return Answer(kind, name, code, tuple(names[names.index(first) :]), caught_by, may, judged_by)
        case Kind.HOSTILE:
            return Answer(kind, name, code, tuple(names), endless=bool(entry.get("endless", False)))


def _checks(entry: Mapping[str, Any], key: str, path: Path) -> frozenset[str]:
    given = entry.get(key, [])
    if not isinstance(given, list) or not all(isinstance(id_, str) for id_ in given):
        raise ValueError(
            f'{path.name}: {key} in {INDEX} is {given!r}; write a list of checks, as in ["runs"]'
        )
    return frozenset(given)
