"""Inspect AI log (JSON, version 2), for `inspect view` and `read_eval_log`.

One sample per trial, each in epoch 1: with one sample of many epochs Inspect's intervals collapse. A void trial has
no score and an error, so that no metric counts it. Written and read back with Inspect AI 0.3.285.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from dropout_core.models.anthropic.request_settings import fields_of
from dropout_core.reports.record import Record, utc
from dropout_core.state.trial_state import AttemptState, TrialState
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import (
    Block,
    Message,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
)
from dropout_core.values.token_words import Counted
from dropout_core.verdict.verdict import Outcome, Verdict
from dropout_core.version import __version__

VERSION = 2
SCORER = "dropout"
_FINISHED = frozenset({"completed", "decided"})
"""Stop reasons after which nothing was left to do."""
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


def inspect_log(record: Record) -> Iterator[str]:
    """The log, in pieces: JSON, except for the ``NaN`` that Inspect writes and reads."""
    # The order of the fields is part of the format.
    state = record.state
    head: dict[str, Any] = {
        "version": VERSION,
        "status": "success" if state.stop_reason in _FINISHED else "cancelled",
        "eval": _spec(record),
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": _results(record),
        "stats": _stats(record),
    }
    yield "{\n"
    for key, value in head.items():
        yield f'"{key}": {_dumped(value)},\n'
    yield '"samples": ['
    separator = "\n"
    for trial in state.trials:
        attempt = _shown(trial)
        if attempt is not None:
            yield separator + _dumped(_sample(record, trial, attempt))
            separator = ",\n"
    yield "\n]\n}\n"


def _dumped(value: object) -> str:
    # Inspect's reader rejects lone surrogates, even escaped ones: they become question marks.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _shown(trial: TrialState) -> AttemptState | None:
    """Attempt that a sample shows: the one that counts, or else the last that ended."""
    ended = [attempt for attempt in trial.attempts if attempt.verdict is not None]
    return trial.counted or (ended[-1] if ended else None)


def _spec(record: Record) -> dict[str, Any]:
    config = record.state.config
    name = f"{config.task}_{config.suite}"
    samples = [sample_id(trial.number) for trial in record.state.trials]
    return {
        "eval_id": f"dropout-{record.number}-{config.seed}",
        "run_id": f"dropout-{record.number}-{config.seed}",
        "created": utc(record.state.started_at),
        "task": name,
        "task_id": f"{name}-{record.number}",
        "task_version": config.task_version,
        "task_args": config.to_json(),
        "dataset": {"name": name, "samples": len(samples), "sample_ids": samples, "shuffled": False},
        "model": config.model,
        "model_base_url": config.base_url,
        "model_generate_config": _generate_config(config),
        "model_args": {},
        "config": {"epochs": 1},
        "packages": {"dropout-tui": __version__},
        "scorers": [{"name": SCORER, "metrics": [{"name": "inspect_ai/accuracy"}]}],
        "tags": list(record.annotation.tags),
        "metadata": {
            "band": [config.band.lo, config.band.hi],
            "seed": config.seed,
            "name": record.annotation.name,
            "note": record.annotation.note,
        },
    }


def _generate_config(config: EvaluationConfig) -> dict[str, Any]:
    """Settings under Inspect's names; others as further fields of the request."""
    further = fields_of(config)
    named: dict[str, Any] = {"max_tokens": config.max_tokens, "max_connections": config.slots}
    for ours, theirs in (("temperature", "temperature"), ("top_p", "top_p"), ("system", "system_message")):
        if ours in further:
            named[theirs] = further.pop(ours)
    return named | ({"extra_body": further} if further else {})


def _results(record: Record) -> dict[str, Any]:
    state, tally = record.state, record.state.tally
    metrics = {"accuracy": {"name": "accuracy", "value": state.pass_rate}} if tally.graded else {}
    return {
        "total_samples": len(state.trials),
        "completed_samples": tally.graded,
        "scores": [
            {
                "name": SCORER,
                "scorer": SCORER,
                "scored_samples": tally.graded,
                "unscored_samples": tally.void,
                "params": {},
                "metrics": metrics,
                "metadata": {
                    "re_rolled": tally.rerolled,
                    "wilson_95": list(state.interval),
                    "confidence_sequence_95": list(state.sequence),
                    "decision": str(state.decision),
                    "tolerance": state.config.tolerance,
                    "task_unrelated": tally.task_unrelated,
                },
            }
        ],
    }


def _stats(record: Record) -> dict[str, Any]:
    state, tally = record.state, record.state.tally
    return {
        "started_at": utc(state.started_at),
        "completed_at": "" if state.ended_at is None else utc(state.ended_at),
        "model_usage": {state.config.model: _usage(tally)},
    }


def _usage(used: Counted) -> dict[str, int]:
    # Inspect does not count tokens from a cache as input tokens.
    cached = used.cache_read_input_tokens + used.cache_creation_input_tokens
    usage = {
        "input_tokens": used.input_tokens - cached,
        "output_tokens": used.output_tokens,
        "total_tokens": used.input_tokens + used.output_tokens,
    }
    further = {
        "input_tokens_cache_read": used.cache_read_input_tokens,
        "input_tokens_cache_write": used.cache_creation_input_tokens,
        "reasoning_tokens": used.thinking_tokens,
    }
    return usage | {name: tokens for name, tokens in further.items() if tokens}


def sample_id(trial: int) -> str:
    """The id of a trial's sample."""
    return f"trial-{trial:03}"


def _sample(record: Record, trial: TrialState, attempt: AttemptState) -> dict[str, Any]:
    config, verdict = record.state.config, attempt.verdict
    turns = record.conversation(trial.number, attempt.number)
    prefix = f"{record.number}-{trial.number}-{attempt.number}"
    messages = list(_messages(turns, attempt.model or config.model, prefix))
    usage = _usage(attempt)
    value: dict[str, Any] = {
        "id": sample_id(trial.number),
        "epoch": 1,
        "input": config.prompt_text,
        "target": f"code that passes every check of the suite {config.asked}",
        "messages": messages,
        "output": _output(messages, attempt, config.model, usage),
        "scores": {} if verdict is None else {SCORER: _score(attempt, verdict)},
        "metadata": {
            "seed": attempt.seed,
            "attempt": attempt.number,
            "attempts": [_attempt_line(trial, each) for each in trial.attempts],
        },
        "store": {},
        "events": [],
        "model_usage": {attempt.model or config.model: usage},
        "started_at": utc(attempt.started_at),
        "working_time": round(attempt.busy_seconds, 3),
        "attachments": {},
    }
    if verdict is not None and verdict.outcome is Outcome.VOID:
        value["error"] = {"message": verdict.reason, "traceback": "", "traceback_ansi": ""}
    return value


def _attempt_line(trial: TrialState, attempt: AttemptState) -> dict[str, Any]:
    verdict = attempt.verdict
    return {
        "attempt": attempt.number,
        "counted": attempt is trial.counted,
        "outcome": None if verdict is None else str(verdict.outcome),
        "reason": None if verdict is None else verdict.reason,
        "cause": None if verdict is None else verdict.cause,
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
    messages: list[dict[str, Any]], attempt: AttemptState, model: str, usage: dict[str, int]
) -> dict[str, Any]:
    last = next((turn for turn in reversed(messages) if turn["role"] == "assistant"), None)
    reason = _STOP_REASONS.get(attempt.stop_reason, "unknown")
    return {
        "model": attempt.model or model,
        "choices": [] if last is None else [{"message": last, "stop_reason": reason}],
        "usage": usage,
    }


def _messages(turns: tuple[Message, ...], model: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Turns in Inspect's form: a tool result is a turn of its own."""
    calls: dict[str, str] = {}
    for position, turn in enumerate(turns, 1):
        calls |= {call.id: call.name for call in turn.tool_calls}
        results = [block for block in turn.blocks if isinstance(block, ToolResultBlock)]
        for index, result in enumerate(results):
            yield _tool_turn(result, calls.get(result.tool_use_id, ""), f"{prefix}-{position}-{index}")
        content = [
            _content(block) for block in turn.blocks if not isinstance(block, ToolResultBlock | ToolUseBlock)
        ]
        if turn.role == "assistant":
            yield _assistant_turn(turn, content, model, f"{prefix}-{position}")
        elif content or not results:
            yield {"id": f"{prefix}-{position}", "content": content, "role": "user"}


def _tool_turn(result: ToolResultBlock, function: str, id_: str) -> dict[str, Any]:
    value: dict[str, Any] = {
        "id": id_,
        "content": result.content,
        "role": "tool",
        "tool_call_id": result.tool_use_id,
        "function": function,
    }
    if result.is_error:
        value["error"] = {"type": "unknown", "message": result.content}
    return value


def _assistant_turn(turn: Message, content: list[dict[str, Any]], model: str, id_: str) -> dict[str, Any]:
    value: dict[str, Any] = {"id": id_, "content": content, "source": "generate", "role": "assistant"}
    if turn.tool_calls:
        value["tool_calls"] = [
            {"id": call.id, "function": call.name, "arguments": dict(call.input), "type": "function"}
            for call in turn.tool_calls
        ]
    value["model"] = model
    return value


def _content(block: Block) -> dict[str, Any]:
    match block:
        case TextBlock(text=text):
            return {"type": "text", "text": text}
        case ThinkingBlock(thinking=thinking, signature=signature):
            return {"type": "reasoning", "reasoning": thinking, "signature": signature or None}
        case other:
            return {"type": "text", "text": json.dumps(other.to_json())}
