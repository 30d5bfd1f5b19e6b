"""``dropout-tui grade``: grades code, a model's reply, or many completions made elsewhere."""

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from dropout_core.completions.formats import Completion, completions_in
from dropout_core.completions.ordered_results import in_turn
from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.extraction.definition_line import function_name, looking_for
from dropout_core.extraction.python_source import parse
from dropout_core.sandbox import SandboxBroken
from dropout_core.task.definition import Task
from dropout_core.task.requirement import UnknownSuite
from dropout_core.values.files.user_file import FileTooLarge, read_file
from dropout_core.values.seeds import derived_seed, fresh_seed
from dropout_core.values.task_names import DROPOUT
from dropout_core.verdict.isolation_levels import NOT_RUN, weaker, words_of
from dropout_core.verdict.repeats import Repeats
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_tui.command_line.event_loop import run_to_its_end
from dropout_tui.command_line.grading_place import GradingPlace
from dropout_tui.command_line.lines.report_lines import check_line
from dropout_tui.exit_codes import EXIT_USAGE
from dropout_tui.text.labels import line_of_flag, words_of_flags
from dropout_tui.text.sanitize import visible_line

if TYPE_CHECKING:
    from dropout_core.grading.task_grader import TaskGrader

EXIT_PASSED = 0
EXIT_FAILED = 1
EXIT_UNGRADED = 4

MAX_BYTES = 200 << 20
LARGEST_ANSWER = 1_000_000
"""The most bytes of one answer: a larger file is something else, and would take minutes to read."""

_LABELS = {Outcome.PASSED: "✓ {}SUCCESS", Outcome.FAILED: "✗ {}FAILURE", Outcome.VOID: "⊘ {}VOID"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to grade, or what is wrong with its place in the file."""

    text: str
    label: str = ""
    is_code: bool = False
    """Whether the text is code itself, not a reply that holds some."""
    joined_by: Mapping[str, int | str] = field(default_factory=dict)
    """Fields that identify the line of the file."""
    fault: str | None = None


class Unreadable(ValueError):
    """The input cannot be read; the message is one line that says what to do."""


def grade_file(
    name: str,
    suite: str | None,
    task: Task,
    seed: int | None,
    complain: Callable[[str], None],
    place: GradingPlace,
    *,
    seeds: int = 1,
    as_json: bool,
) -> int:
    """Grade what the file holds, one answer with so many seeds; print the verdicts, return the exit status."""
    suite = task.default_suite if suite is None else suite
    with looking_for(task.function):
        return _grade_file(
            name,
            suite,
            task,
            seed,
            complain,
            place,
            seeds=seeds,
            as_json=as_json,
        )


def _grade_file(
    name: str,
    suite: str,
    task: Task,
    seed: int | None,
    complain: Callable[[str], None],
    place: GradingPlace,
    *,
    seeds: int,
    as_json: bool,
) -> int:
    try:
        task.suite(suite)
        answers = _answers(name)
        if seeds > 1:
            answers = _only_one(name, answers)
    except (UnknownSuite, Unreadable) as error:
        complain(str(error))
        return EXIT_USAGE
    base = fresh_seed() if seed is None else seed
    try:
        return run_to_its_end(
            lambda: _grade(
                answers,
                suite,
                task,
                base,
                place,
                seeds=seeds,
                as_json=as_json,
            )
        )
    except SandboxBroken as error:
        complain(str(error))
        return EXIT_UNGRADED


def _answers(name: str) -> Iterator[Answer]:
    """The answers in the input. Its content decides what kind it is, its name only where the content leaves it open."""
    try:
        raw = _input() if name == "-" else read_file(name, most=MAX_BYTES, pipes=True)
    except FileTooLarge:
        raise Unreadable(f"{name!r} is larger than {MAX_BYTES >> 20} MB; give a shorter one") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    lines_expected = name.endswith((".jsonl", ".ndjson"))
    completions = completions_in(raw, lines_expected=lines_expected)
    if completions is None:
        if lines_expected and not raw.strip():
            raise Unreadable(
                f"{name!r} holds no completions; each line is an object with 'completion', 'solution' or 'messages'"
            )
        if len(raw) > LARGEST_ANSWER:
            raise Unreadable(
                f"{name!r} is larger than 1 MB, and no lines of JSON; give one answer, or such lines"
            )
        return iter([_answer(name, _text(name, raw))])
    return _some(name, map(_from_completion, completions))


def _only_one(name: str, answers: Iterator[Answer]) -> Iterator[Answer]:
    begun = list(islice(answers, 2))
    if len(begun) > 1:
        raise Unreadable(
            f"{name!r} holds more than one answer, and --seeds is for one; leave it out, or give one answer"
        )
    return iter(begun)


def _input() -> bytes:
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise FileTooLarge
    return raw


def _some(name: str, answers: Iterator[Answer]) -> Iterator[Answer]:
    """The same answers; raises when none of them can be graded."""
    begun: list[Answer] = []
    for answer in answers:
        begun.append(answer)
        if answer.fault is None:
            return chain(begun, answers)
    first = begun[0]
    raise Unreadable(f"{name!r}, line {first.joined_by['line']} {first.fault}")


def _from_completion(one: Completion) -> Answer:
    task = one.task_id or str(one.line)
    joined_by: dict[str, int | str] = {"line": one.line, "task_id": task}
    if one.fault is not None:
        return Answer("", f"Line {one.line}: ", joined_by=joined_by, fault=one.fault)
    if one.sample is None:
        return Answer(one.text, f"{task}: ", joined_by=joined_by)
    return Answer(one.text, f"{task}, answer {one.sample}: ", joined_by={**joined_by, "sample": one.sample})


def _answer(name: str, text: str) -> Answer:
    """A single answer: code if the whole text is code, otherwise a model's reply."""
    is_code = name.endswith(".py") and (isinstance(parse(text), ast.Module) or not _holds_better_code(text))
    return Answer(text, is_code=is_code)


def _holds_better_code(text: str) -> bool:
    """Whether a text that is not valid Python is a reply that holds some."""
    try:
        code = extract_code(text, function_name())
    except NoCodeFound:
        return False
    return isinstance(parse(code), ast.Module)


def _text(name: str, raw: bytes) -> str:
    """`raw` as text; raises for other files, such as a picture, which would be graded as a wrong answer."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place, fault = error.start, "is not UTF-8 text"
    else:
        place, fault = raw.find(b"\0"), "holds a NUL byte"
        if place < 0:
            return text
    line = raw.count(b"\n", 0, place) + 1
    raise Unreadable(f"{name!r}, line {line} {fault}; give code or a reply as text")


async def _grade(
    answers: Iterator[Answer],
    suite: str,
    task: Task,
    base: int,
    place: GradingPlace,
    *,
    seeds: int,
    as_json: bool,
) -> int:
    begun = list(islice(answers, 2))
    alone = len(begun) == 1
    worst = EXIT_PASSED
    counts: Counter[Outcome] = Counter()
    isolation = NOT_RUN
    async with place.grader(suite, task) as grader:

        async def verdict_on(numbered: tuple[int, Answer]) -> Verdict:
            number, answer = numbered
            seed = base if alone else derived_seed(base, number)
            return await _verdict(grader, answer, suite, task, seed)

        async for (_, answer), verdict in in_turn(
            enumerate(chain(begun, answers), 1), verdict_on, at_once=place.at_once
        ):
            counts[verdict.outcome] += 1
            isolation = weaker(isolation, verdict.isolation)
            worst = max(worst, _status(verdict))
            if as_json:
                head = {"type": "verdict", **answer.joined_by, "passed": verdict.passed}
                print(json.dumps({**head, **verdict.to_json()}), flush=True)
            else:
                _print(answer.label, verdict, with_checks=alone)
        if seeds > 1:
            again = await _grade_again(grader, begun[0], suite, task, verdict, seeds, as_json=as_json)
            worst = max(worst, again)
    if not alone and not as_json:
        print(f"Passed: {counts[Outcome.PASSED]}/{counts[Outcome.PASSED] + counts[Outcome.FAILED]}")
        if counts[Outcome.VOID]:
            print(f"Void: {counts[Outcome.VOID]}")
        if (words := words_of(isolation)) is not None:
            print(f"Warning: {words}")
    return worst


async def _grade_again(
    grader: TaskGrader, answer: Answer, suite: str, task: Task, first: Verdict, seeds: int, *, as_json: bool
) -> int:
    """Grade an answer with further seeds, and print whether all say what the `first` did; returns the worst status."""
    repeats, worst = Repeats.of(first).with_one(first), EXIT_PASSED
    for number in range(2, seeds + 1):
        verdict = await _verdict(grader, answer, suite, task, derived_seed(first.seed, "again", number))
        repeats, worst = repeats.with_one(verdict), max(worst, _status(verdict))
    if as_json:
        said = {"type": "seeds", "graded": seeds, "same": repeats.same, "others": repeats.others}
        print(json.dumps(said), flush=True)
    else:
        print(f"With {seeds} seeds: {visible_line(str(repeats))}")
    return worst


async def _verdict(grader: TaskGrader, answer: Answer, suite: str, task: Task, seed: int) -> Verdict:
    if answer.fault is not None:
        reason = f"Line {answer.joined_by['line']} {answer.fault}"
        return Verdict(Outcome.VOID, reason, suite, seed, "not run", task=task.name)
    if answer.is_code:
        return await grader.grade(answer.text, seed=seed)
    from dropout_core.grading.replies import grade_reply  # NumPy: imported by now

    return await grade_reply(grader, answer.text, seed)


def _status(verdict: Verdict) -> int:
    return {
        Outcome.PASSED: EXIT_PASSED,
        Outcome.FAILED: EXIT_FAILED,
        Outcome.VOID: EXIT_UNGRADED,
    }[verdict.outcome]


def _print(label: str, verdict: Verdict, *, with_checks: bool) -> None:
    name = f"{visible_line(label)} " if label else ""
    print(f"{_LABELS[verdict.outcome].format(name)} - {visible_line(verdict.reason)}")
    if not with_checks and verdict.flags:
        print(f"  {words_of_flags(verdict.flags)}")
    if with_checks:
        for check in verdict.checks:
            print(f"  {check_line(check)}")
        for flag in verdict.flags:
            print(f"  {line_of_flag(flag)}")
        named = "" if verdict.task == DROPOUT else f"task {verdict.task} · "
        print(f"  {named}suite {verdict.suite} · seed {verdict.seed} · isolation {verdict.isolation}")
    sys.stdout.flush()
