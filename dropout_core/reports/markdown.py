"""Markdown report of one trial, for an issue, a note or a message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from dropout_core.reports.labelled_blocks import labelled_blocks
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.values.words.tokens import token_words
from dropout_core.verdict.verdict import CheckStatus

_GLYPHS = {CheckStatus.PASSED: "✓", CheckStatus.FAILED: "✗", CheckStatus.NOT_REACHED: "·"}
_BACKTICKS = re.compile("`+")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$])")
_BEGINNING = re.compile(r"^([#+\-=:]|\d+(?=[.)]))")
"""Characters that begin a Markdown block at the start of a line."""
_BLANKS = re.compile(r"\s+")
_INDENTED = partial(json.dumps, ensure_ascii=False, indent=2)


def trial_markdown(
    config: EvaluationConfig,
    trial: TrialState,
    conversations: Mapping[int, Sequence[Message]],
) -> str:
    """Every attempt of `trial`: verdict, checks, code and conversation (by attempt number in `conversations`).

    Untrusted text cannot break out: it is in fences longer than any run of backticks in it, or escaped.
    """
    return "\n".join(_trial(config, trial, conversations)).strip() + "\n"


def fenced(text: str, language: str = "") -> str:
    """`text` in a code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"


def escaped(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown reads as its own."""
    line = _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", text).strip())
    return _BEGINNING.sub(_defused, line)


def _defused(match: re.Match[str]) -> str:
    beginning = match.group()
    # A number is defused after it: "1. x" becomes "1\\. x".
    return f"{beginning}\\" if beginning[0].isdigit() else f"\\{beginning}"


def _trial(
    config: EvaluationConfig, trial: TrialState, conversations: Mapping[int, Sequence[Message]]
) -> Iterator[str]:
    yield f"# Run {trial.number}"
    yield ""
    task = (config.model, f"prompt {config.prompt}", f"suite {config.asked}", f"mode {config.mode}")
    yield escaped(" · ".join(task))
    if config.notice:
        yield ""
        yield f"Note: {escaped(config.notice)}"
    if not trial.attempts:
        yield ""
        yield "No attempt yet."
    for attempt in trial.attempts:
        yield ""
        counts = ", counted" if attempt is trial.counted else ""
        yield f"## Attempt {attempt.number} of {len(trial.attempts)} (seed {attempt.seed}{counts})"
        yield from _attempt(attempt)
        yield from _conversation(conversations.get(attempt.number, ()))


def _attempt(attempt: AttemptState) -> Iterator[str]:
    verdict = attempt.verdict
    yield ""
    if verdict is None:
        yield "Not finished."
    else:
        yield f"**{str(verdict.outcome).upper()}**: {escaped(verdict.reason)}"
        if verdict.task_related is False:
            yield ""
            yield f"Beside the task, cause {escaped(verdict.cause or '')}: no check is to blame."
        yield ""
        yield escaped(
            f"{attempt.busy_seconds:.1f} s · {token_words(attempt, str, unit='tokens ')}"
            f" · isolation {verdict.isolation}"
        )
        for flag in verdict.flags:
            yield ""
            yield f"⚑ Flagged: {escaped(str(flag))}"
        if verdict.checks:
            yield ""
            yield "| check | status | measured | expected | message |"
            yield "|---|---|---|---|---|"
            for check in verdict.checks:
                status = f"{_GLYPHS[check.status]} {str(check.status).replace('_', ' ')}"
                cells = (check.title, check.measured or "", check.expected or "", check.message)
                title, measured, expected, message = (escaped(cell) for cell in cells)
                yield f"| {title} | {status} | {measured} | {expected} | {message} |"
    if attempt.code is not None:
        yield ""
        yield "### Code"
        yield ""
        yield fenced(attempt.code, "python")


def _conversation(turns: Sequence[Message]) -> Iterator[str]:
    if not turns:
        return
    yield ""
    yield "### Conversation"
    for turn in turns:
        for block in labelled_blocks(turn, _INDENTED):
            yield ""
            yield f"**{escaped(block.label)}**"
            yield ""
            yield fenced(block.text)
