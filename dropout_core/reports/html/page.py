"""HTML report of an evaluation: one page without scripts or other files, with everything escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from importlib.resources import files

from dropout_core.analysis.band_terms import band_terms
from dropout_core.analysis.failure_rates import failures
from dropout_core.analysis.review.rate_warnings import failures_beside_task, warnings
from dropout_core.analysis.training_figures import training_figures
from dropout_core.analysis.training_words import training_words
from dropout_core.models.request_settings import setting_words
from dropout_core.reports.html.evidence import evidence_row
from dropout_core.reports.labelled_blocks import labelled_blocks
from dropout_core.reports.record import Record
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState, Status, TrialState
from dropout_core.tasks.check_titles import check_titles
from dropout_core.values.api import COMPANIES
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.values.words.tokens import ABOUT, token_words
from dropout_core.verdict.causes import cause_beside_task, title_of_cause
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome

_MARKS = {
    Status.PASSED: "✓ passed",
    Status.FAILED: "✗ failed",
    Status.VOID: "⊘ void",
    Status.RUNNING: "● not finished",
    Status.PAUSING: "● not finished",
    Status.PAUSED: "‖ paused",
    Status.QUEUED: "○ not made",
}
_CHECK_MARKS = {
    CheckStatus.PASSED: "✓ passed",
    CheckStatus.FAILED: "✗ failed",
    CheckStatus.NOT_REACHED: "· not reached",
}
# Characters that a browser cannot show, that change the writing direction, or that are invisible.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNSEEN = re.compile("[\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")


def html_page(record: Record) -> Iterator[str]:
    """The page, in pieces."""
    state = record.state
    annotation = record.annotation
    name = f"Evaluation {record.number}" + (f", {_text(annotation.name)}" if annotation.name else "")
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # Whatever a reply contains, the page loads and runs nothing.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}: {_text(state.config.model)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n"
    )
    yield f"<h1>{name}</h1>\n"
    if state.config.notice:
        yield f'<p class="note">Note: {_text(state.config.notice)}.</p>\n'
    if annotation.note:
        yield f'<p class="note">{_text(annotation.note)}</p>\n'
    yield _headline(state)
    yield _settings(state, annotation.tags)
    yield _checks(state)
    yield _runs(state)
    for trial in state.trials:
        for attempt in trial.attempts:
            yield _attempt(record, trial, attempt)
    yield f"<h2>Prompt</h2>\n<pre>{_text(state.config.prompt_text)}</pre>\n</main>\n</body>\n</html>\n"


def _style() -> str:
    return files("dropout_core.reports.html").joinpath("page.css").read_text(encoding="utf-8")


def _text(text: object) -> str:
    """Untrusted text, escaped for use between tags or in a quoted attribute."""
    readable = _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return escape(_UNSEEN.sub(lambda match: f"‹U+{ord(match.group()):04X}›", readable))


def _headline(state: EvaluationState) -> str:
    tally, band, (lo, hi) = state.tally, state.config.band, state.interval
    rate = state.pass_rate
    terms = "".join(f", {term}" for term in band_terms(state))
    if rate is None:
        said = "No run was graded."
    else:
        said = (
            f"<strong>{rate:.1%}</strong> passed: {tally.passed} of {tally.graded}."
            f" 95 % interval {lo * 100:.0f}–{hi * 100:.0f} %."
            f" Band {band} %{terms}: <strong>{_text(state.decision)}</strong>."
        )
    voids = f" Void, not counted: {tally.void}." if tally.void else ""
    if tally.rerolled:
        voids += f" Re-rolled, voided by the user and repeated: {tally.rerolled}."
    beside = "".join(
        f'<p class="note">{_text(line)}.</p>\n'
        for line in (*training_words(training_figures(state)), failures_beside_task(state), warnings(state))
        if line
    )
    return f'<p class="headline">{said}{voids}</p>\n{beside}{_bar(state)}'


def _bar(state: EvaluationState) -> str:
    """The band, the interval and the estimate on an axis from 0 to 100 %; the line above says the same in words."""
    (lo, hi), band, rate = state.interval, state.config.band, state.pass_rate

    def across(low: float, high: float) -> str:
        return f"left:{low * 100:.2f}%;width:{(high - low) * 100:.2f}%"

    estimate = "" if rate is None else f'<span class="estimate" style="left:{rate * 100:.2f}%"></span>'
    return (
        f'<div class="axis" aria-hidden="true"><span class="band" style="{across(band.lo, band.hi)}"></span>'
        f'<span class="interval" style="{across(lo, hi)}"></span>{estimate}</div>\n'
        '<div class="scale" aria-hidden="true"><span>0 %</span><span>50 %</span><span>100 %</span></div>\n'
    )


def _server(config: EvaluationConfig) -> str:
    if config.is_local:
        return "this machine"
    return config.base_url or ("none" if config.asks_nobody else COMPANIES[config.api])


def _settings(state: EvaluationState, tags: Sequence[str]) -> str:
    config, tally = state.config, state.tally
    shown = {
        "Model": config.model,
        "Server": _server(config),
        "Task": f"{config.prompt} · {config.asked} · {config.mode}",
        "Runs": config.runs,
        "Tokens a reply": "unknown" if config.max_tokens_from == "unknown" else f"{config.max_tokens:,}",
        **({"Settings": " · ".join(said)} if (said := setting_words(config)) else {}),
        **({"System prompt": config.system} if config.system is not None else {}),
        "Refusals are": config.refusals,
        "Seed": config.seed,
        "Started": f"{datetime.fromtimestamp(state.started_at, UTC):%Y-%m-%d %H:%M} UTC",
        "Ended": state.stop_reason or "not finished",
        "Tokens": token_words(tally),
        **({"Tags": ", ".join(tags)} if tags else {}),
    }
    rows = "".join(f"<tr><th>{name}</th><td>{_text(value)}</td></tr>\n" for name, value in shown.items())
    return f'<table class="settings">\n{rows}</table>\n'


def _checks(state: EvaluationState) -> str:
    shares = {name: share for name, share in failures(state).items() if share[0]}
    if not shares:
        return ""
    titles = check_titles(state.config)
    first = {name: tally.first for name, tally in state.checks}
    by_count = sorted(shares.items(), key=lambda item: -item[1][0])
    checks = "".join(
        f"<tr><td>{_text(titles.get(name) or name.replace('_', ' ').capitalize())}</td>"
        f"<td>{failed} of {reached}</td><td>{first[name]}</td></tr>\n"
        for name, (failed, reached) in by_count
        if cause_beside_task(name) is None
    )
    causes = "".join(
        f"<tr><td>{_text(title_of_cause(name))}</td><td>{failed} of {graded}</td></tr>\n"
        for name, (failed, graded) in by_count
        if cause_beside_task(name) is not None
    )
    said = ""
    if checks:
        head = "<tr><th>Check</th><th>Failed, of those that reached it</th><th>First to fail</th></tr>\n"
        said += f"<h2>Failing checks</h2>\n<table>\n{head}{checks}</table>\n"
    if causes:
        head = "<tr><th>Cause</th><th>Failed, of all graded runs</th></tr>\n"
        said += f"<h2>Failures beside the task</h2>\n<table>\n{head}{causes}</table>\n"
    return said


def _runs(state: EvaluationState) -> str:
    rows = "".join(_run(trial) for trial in state.trials)
    head = "<tr><th>Run</th><th>Outcome</th><th>Reason</th><th>Seconds</th><th>Tokens</th></tr>\n"
    return f"<h2>Runs</h2>\n<table>\n{head}{rows}</table>\n"


def _run(trial: TrialState) -> str:
    shown = trial.counted or trial.latest
    verdict = None if shown is None else shown.verdict
    status = trial.status if verdict is None else Status(verdict.outcome.value)
    reason = "" if verdict is None else verdict.reason
    if verdict is not None and verdict.flags:
        reason = f"{reason} · ⚑ flagged: {', '.join(dict.fromkeys(flag.id for flag in verdict.flags))}"
    number = str(trial.number) if shown is None else f'<a href="#{_anchor(trial, shown)}">{trial.number}</a>'
    more = f" ({len(trial.attempts)} attempts)" if len(trial.attempts) > 1 else ""
    seconds = "" if shown is None else f"{shown.busy_seconds:.1f}"
    tokens = "" if shown is None else f"{ABOUT if shown.estimated else ''}{shown.tokens:,}"
    return (
        f'<tr class="{status}"><td>{number}{more}</td><td class="outcome">{_MARKS[status]}</td>'
        f"<td>{_text(reason)}</td><td>{seconds}</td><td>{tokens}</td></tr>\n"
    )


def _anchor(trial: TrialState, attempt: AttemptState) -> str:
    return f"run-{trial.number}-{attempt.number}"


def _attempt(record: Record, trial: TrialState, attempt: AttemptState) -> str:
    verdict = attempt.verdict
    status = Status.RUNNING if verdict is None else Status(verdict.outcome.value)
    again = f", attempt {attempt.number} of {len(trial.attempts)}" if len(trial.attempts) > 1 else ""
    counts = " · counts" if len(trial.attempts) > 1 and attempt is trial.counted else ""
    reason = "" if verdict is None else f": {_text(verdict.reason)}"
    parts = [
        f'<section id="{_anchor(trial, attempt)}">\n<h3 class="{status}">Run {trial.number}{again}{counts} –'
        f' <span class="outcome">{_MARKS[status]}</span>{reason}</h3>\n'
    ]
    if verdict is not None and verdict.flags:
        parts.append("<p>⚑ Flagged: look at the code before trusting this verdict.</p>\n")
        parts += [f'<p class="small">⚑ {_text(flag)}</p>\n' for flag in verdict.flags]
    if verdict is not None and verdict.checks:
        parts.append(f"<table>\n{_CHECK_HEAD}{''.join(map(_check, verdict.checks))}</table>\n")
    if attempt.code is not None:
        opened = " open" if verdict is not None and verdict.outcome is Outcome.FAILED else ""
        parts.append(
            f"<details{opened}><summary>Code</summary>\n<pre>{_numbered(attempt.code)}</pre></details>\n"
        )
    turns = record.conversation(trial.number, attempt.number)
    if turns:
        said = "".join(map(_turn, turns))
        parts.append(f"<details><summary>Conversation</summary>\n{said}</details>\n")
    if verdict is not None:
        parts.append(f'<p class="small">Seed {verdict.seed} · isolation: {_text(verdict.isolation)}</p>\n')
    return "".join([*parts, "</section>\n"])


_COLUMNS = 5
_CHECK_HEAD = "<tr><th>Check</th><th></th><th>Measured</th><th>Expected</th><th>What was seen</th></tr>\n"


def _check(check: Check) -> str:
    cells = (check.measured or "", check.expected or "", check.message)
    said = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
    mark = f'<td class="outcome">{_CHECK_MARKS[check.status]}</td>'
    return f'<tr class="{check.status}"><td>{_text(check.title)}</td>{mark}{said}</tr>\n' + evidence_row(
        check.evidence, _COLUMNS, _text
    )


def _numbered(code: str) -> str:
    return "\n".join(f"{number:4}  {_text(line)}" for number, line in enumerate(code.split("\n"), 1))


def _turn(turn: Message) -> str:
    return "".join(
        f'<h4>{_text(block.label)}</h4>\n<pre class="turn">{_text(block.text)}</pre>\n'
        for block in labelled_blocks(turn)
    )
