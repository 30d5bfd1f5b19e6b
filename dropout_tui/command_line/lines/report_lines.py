"""Lines about the progress and the result of an evaluation, for pipes, CI and logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median_low
from typing import TypeVar

from dropout_core.analysis.band_terms import band_terms
from dropout_core.analysis.review.flagged_trials import flagged
from dropout_core.analysis.review.rate_warnings import failures_beside_task, warnings
from dropout_core.analysis.training_figures import training_figures
from dropout_core.analysis.training_words import training_words
from dropout_core.costs.costs import cost_so_far, dollars, expected, expected_cost
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.statistics.band.outlook import outlook
from dropout_core.statistics.exact_interval import exact_interval
from dropout_core.statistics.pass_rate import (
    Decision,
    pass_at_k_interval,
    pass_at_shown,
    probability_in_band,
    rate_range_with_voids,
)
from dropout_core.values.words.percent import percent
from dropout_core.values.words.tokens import ABOUT, token_words
from dropout_core.verdict.causes import cause_beside_task
from dropout_core.verdict.verdict import Check, CheckStatus, Outcome, Verdict
from dropout_tui.settings.store_option import command_line
from dropout_tui.text.labels import mark_of_check
from dropout_tui.text.numbers import elapsed, percent_range, pluralize
from dropout_tui.text.sanitize import visible_line
from dropout_tui.text.words.outlook import outlook_words

Amount = TypeVar("Amount", int, float)

RULE = "=" * 60
MOST_NUMBERS = 10

_LABELS = {
    Outcome.PASSED: "✓ Run {trial}: SUCCESS - {reason}",
    Outcome.FAILED: "✗ Run {trial}: FAILURE - {reason}",
    Outcome.VOID: "⊘ Run {trial}: VOID - {reason}",
}


def opening(state: EvaluationState) -> list[str]:
    """The lines before the first result."""
    config = state.config
    how = "sequentially" if config.sequential else "concurrently"
    iterations = "iteration" if config.runs == 1 else "iterations"
    return [f"Running {config.runs} test {iterations} {how}...", RULE]


def result_line(trial: int, verdict: Verdict) -> str:
    """The line of one ended attempt."""
    return _LABELS[verdict.outcome].format(trial=trial, reason=visible_line(verdict.reason))


def check_line(check: Check) -> str:
    """The line of one check: its status and, if it failed, what was measured."""
    line = f"{mark_of_check(check.status).glyph} {check.id:12} {visible_line(check.message)}"
    said = [] if check.status is not CheckStatus.FAILED else _measured_and_expected(check)
    return f"{line} ({', '.join(said)})" if said else line


def _measured_and_expected(check: Check) -> list[str]:
    """Measured and expected values, where the message does not hold them already, as it does for an exception."""
    if check.measured is None:
        return []
    measured, expected = (
        f"measured {visible_line(check.measured)}",
        f"expected {visible_line(check.expected or '')}",
    )
    raised = ": " in check.measured and check.measured in check.message
    if not raised:
        return [measured, expected]
    return [] if expected in check.message else [expected]


def closing(number: int, state: EvaluationState, store: Path, *, exact: bool = False) -> list[str]:
    """The block after the last result, on request with the `exact` interval."""
    tally, config = state.tally, state.config
    graded = tally.graded
    lines = [
        RULE,
        "Test Results:",
        f"  Passed: {tally.passed}/{graded}",
        f"  Failed: {tally.failed}/{graded}",
    ]
    if tally.void:
        lines.append(f"  Void: {tally.void} (not counted)")
    if tally.rerolled:
        lines.append(f"  Re-rolled: {tally.rerolled} (voided by the user and made anew)")
    rate = state.pass_rate
    lines.append(f"  Pass Rate: {rate:.1%}" if rate is not None else "  Pass Rate: none, no trial was graded")
    lines.extend(f"  {line}" for line in rate_lines(state, exact=exact))
    lines.extend(f"  {line}" for line in failing_checks(state))
    lines.extend(f"  {line}" for line in flagged_runs(state))
    lines.extend(f"  {line}" for line in took(state))
    lines.extend(f"  {line}" for line in beside_task(state))
    lines.extend(f"  {visible_line(line)}" for line in training_words(training_figures(state)))
    lines.extend(f"  {line}" for line in cost_lines(state))
    if config.notice:
        lines.append(f"  Note: {visible_line(config.notice)}")
    lines.append(f"  Evaluation: {number} ({command_line(store, 'show', number)})")
    lines.append(RULE)
    return lines


def line_of(number: int, state: EvaluationState) -> str:
    """How far an evaluation has come, in one line."""
    config, tally = state.config, state.tally
    about = visible_line(f"{config.model} · {config.prompt} · {config.asked}")
    note = f" ({visible_line(config.notice)})" if config.notice else ""
    decided = f", {state.decision}" if tally.graded else ""
    return f"Evaluation {number}, {about}: {tally.passed}/{tally.graded} passed{decided}{note}"


def rate_lines(state: EvaluationState, *, exact: bool = False) -> list[str]:
    """The pass rate in lines: its interval, and where it lies relative to the band."""
    tally, config = state.tally, state.config
    if not tally.graded:
        return []
    lo, hi = state.interval
    lines = [f"95% Interval: {lo * 100:.1f}-{hi * 100:.1f}%"]
    if exact:
        lo, hi = exact_interval(tally.passed, tally.graded)
        lines.append(f"Exact 95% Interval (Clopper and Pearson): {lo * 100:.1f}-{hi * 100:.1f}%")
    at_k = [
        f"pass@{k} {rate:.1%} ({percent_range(pass_at_k_interval(tally.passed, tally.graded, k))}%)"
        for k, rate in pass_at_shown(tally.passed, tally.graded)
    ]
    if at_k:
        lines.append(f"At least one of k: {', '.join(at_k)}")
    terms = "; ".join(band_terms(state))
    lines.append(f"Band {config.band}%{f' ({terms})' if terms else ''}: {_decision(state)}")
    if tally.void:
        bounds = rate_range_with_voids(tally.passed, tally.failed, tally.void)
        if bounds is not None:
            lines.append(f"If every void trial had failed or passed: {bounds[0]:.1%} to {bounds[1]:.1%}")
    return lines


def _decision(state: EvaluationState) -> str:
    """The band decision; while undecided, how it looks so far."""
    if state.decision is not Decision.UNDECIDED:
        return str(state.decision)
    counts, config = state.in_order, state.config
    chance = percent(probability_in_band(counts.passed, counts.graded, config.band))
    said = [f"P(in band) {chance}%"]
    if not state.has_copies:
        coming = outlook(counts.passed, counts.graded, config.band, config.tolerance, config.decision_error)
        said += outlook_words(coming)
    return f"undecided ({', '.join(said)})"


def failing_checks(state: EvaluationState) -> list[str]:
    """Which checks failed, the most frequent first."""
    failing = sorted(
        (
            (tally.failed, name)
            for name, tally in state.checks
            if tally.failed and cause_beside_task(name) is None
        ),
        reverse=True,
    )
    return ["Failing checks: " + ", ".join(f"{name} {count}" for count, name in failing)] if failing else []


def flagged_runs(state: EvaluationState) -> list[str]:
    """The runs whose code is flagged, to be looked at by a person."""
    numbers = flagged(state)
    if not numbers:
        return []
    shown = ", ".join(map(str, numbers[:MOST_NUMBERS])) + (" …" if len(numbers) > MOST_NUMBERS else "")
    which = "run" if len(numbers) == 1 else "runs"
    return [f"Flagged: {len(numbers)} ({which} {shown}): look at the code before trusting the verdict"]


def beside_task(state: EvaluationState) -> list[str]:
    """How many failures are not about the task and why, and a warning when too many replies were cut off."""
    beside, warning = failures_beside_task(state), warnings(state)
    causes = [
        f"{visible_line(name)} {tally.first}"
        for name, tally in state.checks
        if tally.first and ":" in name and cause_beside_task(name) is not None
    ]
    more = f" ({', '.join(causes)})" if causes else ""
    return [f"{beside}{more}"] * (beside is not None) + ([f"Warning: {warning}"] if warning else [])


def took(state: EvaluationState) -> list[str]:
    """Tokens and time of all attempts together, and of one graded run."""
    tally = state.tally
    if not tally.ended:
        return []
    attempts = [attempt for trial in state.trials for attempt in trial.attempts]
    graded = [
        attempt for attempt in attempts if attempt.verdict and attempt.verdict.outcome is not Outcome.VOID
    ]
    said = "; the server does not count them all, so they are estimated" if tally.estimated else ""
    lines = [
        f"Tokens: {token_words(tally)}{_a_run([attempt.tokens for attempt in graded], '{:,}'.format)}{said}"
    ]
    seconds = [attempt.busy_seconds for attempt in graded]
    return [*lines, f"Time: {elapsed(state.seconds(state.latest_at))}{_a_run(seconds, elapsed)}"]


def _a_run(values: Sequence[Amount], said: Callable[[Amount], str]) -> str:
    """The least, the most and the median of a run."""
    if not values:
        return ""
    low, high = said(min(values)), said(max(values))
    return f"; a run {low}" if low == high else f"; a run {low} to {high}, median {said(median_low(values))}"


def cost_lines(state: EvaluationState) -> list[str]:
    """What it cost, when the model has a price above zero."""
    cost = cost_so_far(state)
    if cost is None or state.price is None or state.config.asks_nobody:
        return []
    of_budget = "" if state.config.budget is None else f" of {dollars(state.config.budget)}"
    about = ABOUT if state.tally.estimated else ""
    return [f"Cost: {about}{dollars(cost)}{of_budget} ({state.price}, {state.price.source})"]


def estimate(state: EvaluationState) -> str | None:
    """What the evaluation may cost in the end, when a budget is set."""
    config = state.config
    # Sample answers cost nothing, whatever the budget.
    limits = [] if config.budget is None or config.is_sample else [dollars(config.budget)]
    if config.max_total_tokens is not None:
        limits.append(f"{config.max_total_tokens:,} tokens")
    if not limits:
        return None
    coming = expected(state)
    cost = expected_cost(state)
    costs = "" if cost is None or config.is_sample else f", {dollars(cost)}"
    half = ", half the price in a batch" if costs and config.batch else ""
    amounts = f"about {coming.total:,.0f} tokens{costs}{half}"
    basis = "from the attempts so far" if state.tally.timed else "one request a run, at the longest reply"
    return f"the budget is {' and '.join(limits)}; {pluralize(len(state.trials), 'run')} may take {amounts} ({basis})"
