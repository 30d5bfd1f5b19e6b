"""The author's checklist as Markdown, for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dropout_core.analysis.failure_rates import suite_versions
from dropout_core.analysis.review.repeating import command_of
from dropout_core.analysis.review.review import Met, ReviewLine
from dropout_core.models.request_settings import setting_words
from dropout_core.reports.markdown import escaped, fenced
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.values.annotation import UNANNOTATED, Annotation

GLYPHS = {Met.MET: "✓", Met.NOT_MET: "✗", Met.NOT_SHOWN: "?"}
"""The sign of each, beside its word."""


def review_markdown(
    number: int,
    state: EvaluationState,
    lines: Sequence[ReviewLine],
    program: str,
    annotation: Annotation = UNANNOTATED,
) -> Iterator[str]:
    """The checklist in pieces; `program` is the name and version of what wrote it."""
    config = state.config
    name = f", {escaped(annotation.name)}" if annotation.name else ""
    yield f"# Review of {escaped(config.task)}, evaluation {number}{name}\n\n"
    if annotation.note:
        yield f"{escaped(annotation.note)}\n\n"
    counts = Counter(line.met for line in lines)
    yield f"{', '.join(f'{counts[met]} {met}' for met in Met)}.\n\n"
    if config.notice:
        yield f"Note: {escaped(config.notice)}.\n\n"
    yield "| | what is asked of a task | evidence |\n|---|---|---|\n"
    for line in lines:
        yield f"| {GLYPHS[line.met]} {line.met} | {escaped(line.title)} | {escaped(line.evidence)} |\n"
    yield "\n## What was run\n\n"
    for name, value in _particulars(state, program, annotation.tags):
        yield f"- {name}: {escaped(value)}\n"
    if config.prompt_from is not None:
        yield f"\nThe prompt {escaped(config.prompt)}, made from {escaped(config.prompt_from)}:\n\n"
        yield f"{fenced(config.prompt_text, 'text')}\n"
    again = "It is asked for" if config.imported is None else "It is imported"
    yield f"\n{again} once more by:\n\n{fenced(command_of(config), 'sh')}\n"


def _particulars(state: EvaluationState, program: str, tags: Sequence[str]) -> Iterator[tuple[str, str]]:
    config, tally = state.config, state.tally
    answered = dict.fromkeys(
        attempt.model for trial in state.trials for attempt in trial.attempts if attempt.model
    )
    called = [name for name in answered if name != config.model]
    yield "Model", config.model + (f" (answered as {', '.join(called)})" if called else "")
    yield "Task", _task_words(state)
    yield "Prompt, suite, mode", f"{config.prompt}, {config.asked}, {config.mode}"
    yield "Settings", "; ".join((config.reply_words, *setting_words(config)))
    yield "Runs", f"{tally.passed} passed, {tally.failed} failed, {tally.void} void{_of_those_made(state)}"
    yield "Began", f"{datetime.fromtimestamp(state.started_at, UTC):%Y-%m-%d %H:%M} UTC"
    yield "Ended", state.stop_reason or "not yet"
    yield "Seed", str(config.seed)
    if tags:
        yield "Tags", ", ".join(tags)
    yield "Written by", program


def _task_words(state: EvaluationState) -> str:
    """The task with the versions that judged its answers, and the digest of its file."""
    config = state.config
    versions = sorted(suite_versions(state)) or [config.task_version]
    digest = "" if config.task_digest is None else f", digest of its file {config.task_digest}"
    return f"{config.task_file or config.task}, version {' and '.join(map(str, versions))}{digest}"


def _of_those_made(state: EvaluationState) -> str:
    """How many runs there are, and what was planned if that is more."""
    made, planned = state.tally.passed + state.tally.failed + state.tally.void, state.config.runs
    if made == planned:
        return f" of {made}"
    return f" of the {made} made; {'at most ' if state.config.until_decided else ''}{planned} were planned"
