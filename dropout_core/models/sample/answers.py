"""The built-in answers: replies a model might have given, kept as files, and the choice among them."""

from __future__ import annotations

import tomllib
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from pathlib import Path
from typing import Any

from dropout_core.verdict.verdict import Outcome

INDEX = "index.toml"
"""Of a folder of replies: how often each comes, and what else is to be known of it."""


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """One built-in reply, and its expected result in the basic suite."""

    slug: str
    """Its name, which is also that of its file."""
    weight: int
    """How often it is chosen, relative to the others."""
    text: str
    thinking: str
    stop_reason: str
    expected_outcome: Outcome
    expected_checks: tuple[str, ...]
    """Ids of checks, one of which fails first. Empty when it passes, or has no code."""
    function: str = "dropout"
    """Name of the function that it defines."""

    @property
    def holds_code(self) -> bool:
        """Whether it holds code to grade."""
        return self.expected_outcome is Outcome.PASSED or bool(self.expected_checks)


@cache
def sample_answers() -> tuple[SampleAnswer, ...]:
    """The built-in answers to dropout."""
    return read_samples(Path(str(files("dropout_core.tasks.dropout"))) / "samples", "dropout")


def read_samples(place: Path | str, function: str) -> tuple[SampleAnswer, ...]:
    """The replies that a task has for this model: the file, or those of the folder, in the order of its ``index.toml``,
    which may say more of them, or else of their names. A Python file is an answer's code; any other text is a whole
    reply.

    Raises:
        OSError: it cannot be read.
        ValueError: there are none, or one is no UTF-8 text.
    """
    path = Path(place)
    if (path / INDEX).exists():
        entries = tomllib.loads((path / INDEX).read_text("utf-8")).get("answer", ())
        return tuple(_described(path, entry, function) for entry in entries)
    named = [path] if path.is_file() else sorted(path.iterdir())
    answers = [_sample_in(one, function) for one in named if one.suffix in (".md", ".txt", ".py")]
    if not answers:
        raise ValueError(f"{path} holds no *.md, *.txt or *.py")
    return tuple(answers)


def _described(folder: Path, entry: Mapping[str, Any], function: str) -> SampleAnswer:
    """The reply of which the index says this."""
    text = (folder / f"{entry['slug']}.md").read_text("utf-8").removesuffix("\n")
    if entry.get("escapes", False):
        text = text.encode("ascii").decode("unicode_escape")
    return SampleAnswer(
        slug=entry["slug"],
        weight=entry["weight"],
        text=text,
        thinking=entry.get("thinking", ""),
        stop_reason=entry.get("stop_reason", "end_turn"),
        expected_outcome=Outcome(entry["expected"]["outcome"]),
        expected_checks=tuple(entry["expected"].get("check", ())),
        function=function,
    )


def _sample_in(path: Path, function: str) -> SampleAnswer:
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        text = f"```python\n{text.rstrip()}\n```"
    return SampleAnswer(path.stem, 1, text, "", "end_turn", Outcome.PASSED, (), function)


def choose_answer(draw: float, answers: Sequence[SampleAnswer] | None = None) -> SampleAnswer:
    """Answer at `draw`, a number in [0, 1), when the answers share that range by weight. They are those to dropout
    unless others are given."""
    answers = sample_answers() if answers is None else answers
    bounds = list(accumulate(answer.weight for answer in answers))
    return answers[bisect(bounds, draw * bounds[-1], hi=len(bounds) - 1)]
