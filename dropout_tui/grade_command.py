"""``dropout-tui grade``: code, a model's reply, or many completions made elsewhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dropout_core.extraction import NoCodeFound, extract_code
from dropout_core.opened_grader import opened_grader
from dropout_core.requirements import UnknownSuite, suite_named
from dropout_core.sandbox import SandboxBroken
from dropout_core.seeds import derived_seed, fresh_seed
from dropout_core.verdict import Outcome, Verdict
from dropout_tui.event_loop import run_to_its_end
from dropout_tui.exit_status import EXIT_USAGE
from dropout_tui.report_lines import check_line
from dropout_tui.visible import visible_line
from dropout_tui.words import line_of_flag, words_of_flags

EXIT_PASSED = 0
EXIT_FAILED = 1
EXIT_UNGRADED = 4

MAX_BYTES = 200 << 20

COMPLETION_KEYS = ("completion", "solution", "code", "text", "reply")
"""Where a line of a .jsonl keeps its answer; the first that is there is taken."""

_LABELS = {Outcome.PASSED: "✓ {}SUCCESS", Outcome.FAILED: "✗ {}FAILURE", Outcome.VOID: "⊘ {}VOID"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to grade."""

    label: str
    text: str
    is_code: bool
    """The text is code as it stands, not a reply with code in it."""
    joined_by: Mapping[str, int | str] = field(default_factory=dict)
    """What tells which line of a file it was."""


class Unreadable(ValueError):
    """The input cannot be read; the message is one line that says what to do."""


def grade_file(
    name: str,
    suite: str,
    seed: int | None,
    complain: Callable[[str], None],
    *,
    as_json: bool,
    allow_weak_sandbox: bool,
) -> int:
    """Grade what the file holds, print the verdicts, return the exit status."""
    try:
        suite_named(suite)
        answers = _answers(name)
    except (UnknownSuite, Unreadable) as error:
        complain(str(error))
        return EXIT_USAGE
    base = fresh_seed() if seed is None else seed
    try:
        return run_to_its_end(
            lambda: _grade(answers, suite, base, as_json=as_json, allow_weak_sandbox=allow_weak_sandbox)
        )
    except SandboxBroken as error:
        complain(str(error))
        return EXIT_UNGRADED


def _answers(name: str) -> list[Answer]:
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if name == "-" else _bytes_of(Path(name).expanduser())
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise Unreadable(f"{name!r} is larger than {MAX_BYTES >> 20} MB; give a shorter one")
    text = _text(name, raw)
    if name.endswith(".jsonl"):
        answers = list(_completions(name, text))
        if not answers:
            raise Unreadable(f"{name!r} holds no completions; each line is an object with {_keys()}")
        return answers
    return [Answer("", text, is_code=name.endswith(".py"))]


def _text(name: str, raw: bytes) -> str:
    """The text that `raw` is. What is none, such as a picture, would be graded as a wrong answer."""
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


def _bytes_of(path: Path) -> bytes:
    # A device would be waited for, or never end.
    if path.exists() and not (path.is_file() or path.is_fifo()):
        raise ValueError("it is not a regular file; use - for the input")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _completions(name: str, text: str) -> Iterator[Answer]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Unreadable(f"{name!r}, line {number} is not JSON: {error}") from None
        fields = value if isinstance(value, dict) else {}
        found = next((fields[key] for key in COMPLETION_KEYS if isinstance(fields.get(key), str)), None)
        if found is None:
            raise Unreadable(f"{name!r}, line {number} holds no answer; it needs {_keys()}")
        task = str(fields.get("task_id", number))
        yield Answer(f"{task}: ", found, is_code=False, joined_by={"line": number, "task_id": task})


def _keys() -> str:
    return " or ".join(repr(key) for key in COMPLETION_KEYS)


async def _grade(
    answers: list[Answer], suite: str, base: int, *, as_json: bool, allow_weak_sandbox: bool
) -> int:
    worst = EXIT_PASSED
    passed = 0
    async with opened_grader(suite, allow_weak_sandbox=allow_weak_sandbox) as grader:
        for number, answer in enumerate(answers, 1):
            seed = base if len(answers) == 1 else derived_seed(base, number)
            try:
                code = answer.text if answer.is_code else extract_code(answer.text)
            except NoCodeFound as missing:
                verdict = Verdict(
                    Outcome.FAILED, f"No code found: {missing}", suite, seed, "not run", cause="no_code"
                )
            else:
                verdict = await grader.grade(code, seed=seed)
            passed += verdict.passed
            worst = max(worst, _status(verdict))
            if as_json:
                head = {"type": "verdict", **answer.joined_by, "passed": verdict.passed}
                print(json.dumps({**head, **verdict.to_json()}), flush=True)
            else:
                _print(answer.label, verdict, with_checks=len(answers) == 1)
    if len(answers) > 1 and not as_json:
        print(f"Passed: {passed}/{len(answers)}")
    return worst


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
        print(f"  suite {verdict.suite} · seed {verdict.seed} · isolation {verdict.isolation}")
    sys.stdout.flush()
