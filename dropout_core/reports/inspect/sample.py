"""Sample of a log of Inspect: one trial, with its messages, events, scores and tokens."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dropout_core.costs.costs import Tokens
from dropout_core.reports.inspect.messages import messages_of
from dropout_core.reports.inspect.names import model_name, sample_id, unique_id
from dropout_core.reports.record import Record, utc
from dropout_core.state.trial_state import AttemptState, StepTaken, TrialState
from dropout_core.values.price import Price
from dropout_core.values.words.tokens import Counted
from dropout_core.verdict.verdict import CheckStatus, Outcome, Verdict

SCORER = "dropout"
"""Name of the score that is the outcome; those of the checks have their ids."""
_LONGEST_IN_SUMMARY = 1_000
_STOP_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "max_tokens",
    "tool_use": "tool_calls",
    "model_context_window_exceeded": "model_length",
    "refusal": "content_filter",
}
_SCORES = {Outcome.PASSED: "C", Outcome.FAILED: "I", Outcome.VOID: math.nan}
"""Scores by outcome; Inspect writes not-a-number for "no score"."""
_CHECK_SCORES = {CheckStatus.PASSED: "C", CheckStatus.FAILED: "I", CheckStatus.NOT_REACHED: math.nan}


def shown(trial: TrialState) -> AttemptState | None:
    """Attempt that a sample shows: the one that counts, or else the last that ended."""
    ended = [attempt for attempt in trial.attempts if attempt.verdict is not None]
    return trial.counted or (ended[-1] if ended else None)


def sample_of(record: Record, trial: TrialState, attempt: AttemptState) -> dict[str, Any]:
    """The sample of a trial that shows one of its attempts."""
    config, verdict = record.state.config, attempt.verdict
    model = model_name(config, attempt.model or config.model)
    turns = record.conversation(trial.number, attempt.number)
    messages = list(messages_of(turns, model, f"{record.number}-{trial.number}-{attempt.number}"))
    usage = usage_of(attempt, record.state.price)
    target = f"code that passes every check of the suite {config.asked}"
    ended_at = attempt.started_at + attempt.busy_seconds
    value: dict[str, Any] = {
        "id": sample_id(trial.number),
        "epoch": 1,
        "input": config.prompt_text,
        "target": target,
        "messages": messages,
        "output": _output(messages, attempt, model, usage),
        "scores": {} if verdict is None else _scores(attempt, verdict),
        "metadata": {
            "seed": attempt.seed,
            "attempt": attempt.number,
            "attempts": [_attempt_line(trial, each) for each in trial.attempts],
        },
        "store": {},
        "events": list(_events(record, trial, attempt, messages, target)),
        "model_usage": {model: usage},
        "started_at": utc(attempt.started_at),
        "completed_at": utc(ended_at),
        "total_time": round(attempt.busy_seconds, 3),
        "working_time": round(attempt.busy_seconds, 3),
        "uuid": unique_id(record, trial.number, attempt.number),
        "attachments": {},
    }
    if verdict is not None and verdict.outcome is Outcome.VOID:
        value["error"] = {"message": verdict.reason, "traceback": "", "traceback_ansi": ""}
    return value


def summary_of(sample: dict[str, Any]) -> dict[str, Any]:
    """What lists show of a sample."""
    kept = (
        "id",
        "epoch",
        "target",
        "model_usage",
        "started_at",
        "completed_at",
        "total_time",
        "working_time",
        "uuid",
    )
    scores = {
        name: {key: score[key] for key in ("value", "history") if key in score}
        for name, score in sample["scores"].items()
    }
    if SCORER in scores:
        scores[SCORER]["explanation"] = sample["scores"][SCORER]["explanation"][:_LONGEST_IN_SUMMARY]
    error = sample.get("error")
    return {
        **{name: sample[name] for name in kept},
        "input": sample["input"][:_LONGEST_IN_SUMMARY],
        "scores": scores,
        "error": None if error is None else error["message"],
        "completed": True,
        "message_count": len(sample["messages"]),
    }


def usage_of(used: Counted, price: Price | None) -> dict[str, Any]:
    """Tokens, and what they cost where the price is known."""
    # Inspect does not count tokens from a cache as input tokens.
    read, written = used.cache_read_input_tokens, used.cache_creation_input_tokens
    usage: dict[str, Any] = {
        "input_tokens": used.input_tokens - read - written,
        "output_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
    }
    further = {
        "input_tokens_cache_read": read,
        "input_tokens_cache_write": written,
        "reasoning_tokens": used.thinking_tokens,
    }
    usage |= {name: tokens for name, tokens in further.items() if tokens}
    if price is not None:
        usage["total_cost"] = round(
            Tokens(used.input_tokens, used.output_tokens, read, written).cost(price), 6
        )
    return usage


def _attempt_line(trial: TrialState, attempt: AttemptState) -> dict[str, Any]:
    verdict = attempt.verdict
    return {
        "attempt": attempt.number,
        "counted": attempt is trial.counted,
        "outcome": None if verdict is None else str(verdict.outcome),
        "reason": None if verdict is None else verdict.reason,
        "cause": None if verdict is None else verdict.cause,
    }


def _scores(attempt: AttemptState, verdict: Verdict) -> dict[str, Any]:
    """The outcome, and a score for each check."""
    checks = {
        check.id: {
            "value": _CHECK_SCORES[check.status],
            "explanation": check.message,
            "metadata": {"measured": check.measured, "expected": check.expected},
            "history": [],
        }
        for check in verdict.checks
    }
    return {
        SCORER: _score(attempt, verdict),
        **{name: score for name, score in checks.items() if name != SCORER},
    }


def _score(attempt: AttemptState, verdict: Verdict) -> dict[str, Any]:
    return {
        "value": _SCORES[verdict.outcome],
        "answer": attempt.code,
        "explanation": verdict.reason,
        "metadata": {
            "checks": [check.to_json() for check in verdict.checks],
            "cause": verdict.cause,
            "task_related": verdict.task_related,
            "flags": [flag.to_json() for flag in verdict.flags],
            "suite": verdict.suite,
            "suite_version": verdict.suite_version,
            "seed": verdict.seed,
            "isolation": verdict.isolation,
        },
        "history": [],
    }


def _output(
    messages: list[dict[str, Any]], attempt: AttemptState, model: str, usage: dict[str, Any]
) -> dict[str, Any]:
    """The last reply; of an agent the code that it submitted, since that is what other scorers are to judge."""
    last = next((turn for turn in reversed(messages) if turn["role"] == "assistant"), None)
    if last is None:
        return {"model": model, "choices": [], "usage": usage}
    if attempt.code is not None and last.get("tool_calls"):
        last = {**last, "content": attempt.code}
        del last["tool_calls"]
    choice = _choice(last, attempt.steps[-1] if attempt.steps else None)
    return {
        "model": model,
        "choices": [choice],
        "usage": usage,
        "time": round(sum(s.seconds for s in attempt.steps), 3),
    }


def _choice(message: dict[str, Any], step: StepTaken | None) -> dict[str, Any]:
    reason = "unknown" if step is None else _STOP_REASONS.get(step.stop_reason, "unknown")
    choice: dict[str, Any] = {"message": message, "stop_reason": reason}
    if step is not None and (step.refusal_category or step.refusal_explanation):
        choice["stop_details"] = {
            "type": "refusal",
            "category": step.refusal_category,
            "explanation": step.refusal_explanation,
            "categories": [{"category": step.refusal_category}] if step.refusal_category else [],
        }
    return choice


def _events(
    record: Record, trial: TrialState, attempt: AttemptState, messages: list[dict[str, Any]], target: str
) -> Iterator[dict[str, Any]]:
    """What happened to an attempt: a call of the model for each reply, unless it was imported, and the scores."""
    since = 0.0
    if record.state.config.imported is None:
        replies = [place for place, turn in enumerate(messages) if turn["role"] == "assistant"]
        for place, step in zip(replies, attempt.steps, strict=False):
            event = _event(record, trial, attempt, "model", str(place), since)
            yield event | _model_call(record, attempt, messages, place, step, since)
            since += step.seconds
    if attempt.verdict is None:
        return
    for name, score in _scores(attempt, attempt.verdict).items():
        event = _event(record, trial, attempt, "score", name, max(since, attempt.busy_seconds))
        yield event | {"score": score, "target": target, "scorer": name}


def _event(
    record: Record, trial: TrialState, attempt: AttemptState, kind: str, which: str, since: float
) -> dict[str, Any]:
    """What all events have; `since` is in seconds from the beginning of the attempt."""
    return {
        "uuid": unique_id(record, trial.number, attempt.number, kind, which),
        "timestamp": utc(attempt.started_at + since),
        "working_start": round(since, 3),
        "event": kind,
    }


def _model_call(
    record: Record,
    attempt: AttemptState,
    messages: list[dict[str, Any]],
    place: int,
    step: StepTaken,
    since: float,
) -> dict[str, Any]:
    config = record.state.config
    model = model_name(config, attempt.model or config.model)
    return {
        "model": model,
        "input": messages[:place],
        "tools": [],
        "tool_choice": "auto",
        "config": {},
        "output": {
            "model": model,
            "choices": [_choice(messages[place], step)],
            "usage": usage_of(step, record.state.price),
            "time": round(step.seconds, 3),
        },
        "completed": utc(attempt.started_at + since + step.seconds),
        "working_time": round(step.seconds, 3),
    }
