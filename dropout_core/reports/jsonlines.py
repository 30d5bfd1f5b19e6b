"""JSON objects of the command line: one per trial, and a summary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dropout_core.analysis.review.flagged_trials import flagged
from dropout_core.analysis.review.rate_warnings import warnings
from dropout_core.analysis.training_figures import figures_object, training_figures
from dropout_core.costs.costs import cost_so_far
from dropout_core.state.duplicate_replies import same_code
from dropout_core.state.evaluation_state import EvaluationState
from dropout_core.state.trial_state import AttemptState
from dropout_core.statistics.exact_interval import exact_interval
from dropout_core.statistics.pass_rate import pass_at_k_interval, pass_at_shown
from dropout_core.values.config import EvaluationConfig


def trial_object(trial: int, attempt: AttemptState) -> dict[str, Any]:
    """One ended attempt.

    Raises:
        ValueError: the attempt has no verdict yet.
    """
    verdict = attempt.verdict
    if verdict is None:
        raise ValueError(f"attempt {attempt.number} of trial {trial} has not ended")
    return {
        "type": "trial",
        "trial": trial,
        "attempt": attempt.number,
        "outcome": str(verdict.outcome),
        "reason": verdict.reason,
        "cause": verdict.cause,
        "task_related": verdict.task_related,
        "checks": [check.to_json() for check in verdict.checks],
        "flags": [flag.to_json() for flag in verdict.flags],
        "code": attempt.code,
        "seed": verdict.seed,
        "seconds": round(attempt.busy_seconds, 3),
        "input_tokens": attempt.input_tokens,
        "output_tokens": attempt.output_tokens,
        "thinking_tokens": attempt.thinking_tokens,
        "cache_read_input_tokens": attempt.cache_read_input_tokens,
        "cache_creation_input_tokens": attempt.cache_creation_input_tokens,
        "tokens_estimated": attempt.estimated,
        "stop_reason": attempt.stop_reason,
        "isolation": verdict.isolation,
    }


def settings_object(config: EvaluationConfig) -> dict[str, Any]:
    """Settings of the model's requests; ``null`` was left to the model."""
    return {
        "base_url": config.base_url,
        "api": config.api,
        "mode": config.mode,
        "max_steps": config.max_steps,
        "prompt": config.prompt,
        "task_file": config.task_file,
        "task_version": config.task_version,
        "suite": config.suite,
        "concurrency": config.slots,
        "batch": config.batch,
        "max_tokens": None if config.max_tokens_from == "unknown" else config.max_tokens,
        "max_tokens_from": config.max_tokens_from,
        "thinking": config.thinking,
        "effort": config.effort,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "system": config.system,
        "system_file": config.system_file,
        "timeout": config.timeout,
        "tries": config.tries,
        "refusals": config.refusals,
        "nonce": config.nonce,
        "set": config.set,
    }


def summary_object(evaluation: int, state: EvaluationState) -> dict[str, Any]:
    """The whole evaluation. Rates are fractions; `pass_rate` is null when nothing was graded."""
    tally = state.tally
    summary: dict[str, Any] = {
        "type": "summary",
        "id": evaluation,
        "task": state.config.task,
        "model": state.config.model,
        "settings": settings_object(state.config),
        "runs": state.config.runs,
        "passed": tally.passed,
        "failed": tally.failed,
        "void": tally.void,
        "re_rolled": tally.rerolled,
        "pass_rate": state.pass_rate,
        "interval": list(state.interval),
        "band": [state.config.band.lo, state.config.band.hi],
        "decision": str(state.decision),
        "tolerance": state.config.tolerance,
        "decision_error": state.config.decision_error,
        "exact_interval": list(exact_interval(tally.passed, tally.graded)),
        "pass_at_k": [
            {"k": k, "rate": rate, "interval": list(pass_at_k_interval(tally.passed, tally.graded, k))}
            for k, rate in pass_at_shown(tally.passed, tally.graded)
        ],
        **figures_object(training_figures(state)),
        "stop_reason": state.stop_reason,
        "task_unrelated": tally.task_unrelated,
        "flagged": list(flagged(state)),
        "cut_off": tally.cut_off,
        "unasked": list(state.config.unasked),
        "isolation": tally.isolation,
        "same_replies": state.copies.same,
        "same_code": same_code(_counted_codes(state)),
        "causes": {name: checks.first for name, checks in state.checks if checks.first},
        "seed": state.config.seed,
        "input_tokens": tally.input_tokens,
        "output_tokens": tally.output_tokens,
        "thinking_tokens": tally.thinking_tokens,
        "cache_read_input_tokens": tally.cache_read_input_tokens,
        "cache_creation_input_tokens": tally.cache_creation_input_tokens,
        "tokens_estimated": tally.estimated > 0,
    }
    cost = cost_so_far(state)
    if cost is not None and state.price is not None:
        summary |= {"cost": round(cost, 6), "price": state.price.to_json()}
    if state.band_chosen_after:
        summary["band_chosen_after"] = state.band_chosen_after
    if state.config.budget is not None:
        summary["budget"] = state.config.budget
    if state.config.max_total_tokens is not None:
        summary["max_total_tokens"] = state.config.max_total_tokens
    if warning := warnings(state):
        summary["warning"] = warning
    if state.config.imported is not None:
        summary |= {"imported": state.config.imported, "imported_digest": state.config.imported_digest}
    if state.config.notice:
        summary["note"] = state.config.notice
    return summary


def _counted_codes(state: EvaluationState) -> Iterator[str]:
    """Code of each counted attempt that has any."""
    counted = (trial.counted for trial in state.trials)
    return (attempt.code for attempt in counted if attempt is not None and attempt.code is not None)
