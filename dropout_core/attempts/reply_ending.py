"""Endings of an attempt that follow from how its replies ended: refused, cut off, or without code."""

from __future__ import annotations

from dataclasses import replace

from dropout_core.models import Reply
from dropout_core.models.stop_reasons import CONTEXT_FULL, PAUSED, TOKEN_LIMIT
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import ThinkingBlock
from dropout_core.verdict import causes
from dropout_core.verdict.verdict import Outcome, Verdict

_CUT_SHORT = {
    TOKEN_LIMIT: causes.CUT_OFF,
    CONTEXT_FULL: causes.CONTEXT_WINDOW,
    PAUSED: causes.PAUSED_TURN,
}
"""Stop reasons of a last reply that was cut short, with the cause of each."""
_BY_ITSELF = frozenset({"end_turn", "stop_sequence", "tool_use", ""})
"""Usual stop reasons, and none: of an imported reply it may not be known."""


class Ended(Exception):
    """The attempt ended without code to grade."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason


def ungraded(ended: Ended, config: EvaluationConfig, seed: int) -> Verdict:
    """Verdict on an attempt that ended without code."""
    known = causes.cause_beside_task(ended.cause)
    is_void = config.refusals == "void" and known is not None and known.id == causes.REFUSAL
    return Verdict(
        outcome=Outcome.VOID if is_void else Outcome.FAILED,
        reason=ended.reason,
        suite=config.suite,
        seed=seed,
        isolation="not run",
        cause=ended.cause,
        task=config.task,
    )


def refused(reply: Reply) -> Ended:
    """Ending of an attempt with a refusal."""
    category, explanation = reply.refusal_category, reply.refusal_explanation
    reason = (
        f"The model refused{f' ({category})' if category else ''}{f': {explanation}' if explanation else ''}"
    )
    return Ended(causes.refusal_cause(category), reason)


def without_code(reply: Reply, missing: str, config: EvaluationConfig) -> Ended:
    """Ending of an attempt whose last reply holds no code; `missing` says why, as a clause."""
    if reply.stop_reason in _CUT_SHORT:
        found = "it was still thinking" if _only_thought(reply) else f"no code found: {missing}"
        return cut_short(reply.stop_reason, found, config)
    return Ended(causes.NO_CODE, f"No code found: {missing}{unusual_ending(reply)}")


def cut_short(stop_reason: str, found: str, config: EvaluationConfig) -> Ended:
    """Ending of an attempt that was cut short; `found` describes what there was so far, as a clause."""
    return Ended(_CUT_SHORT[stop_reason], f"{_what_happened(stop_reason, config)}; {found}")


def unusual_ending(reply: Reply) -> str:
    """The stop reason in brackets, unless it is a usual one."""
    return "" if reply.stop_reason in _BY_ITSELF else f" (stop reason {reply.stop_reason})"


def judged(verdict: Verdict, stop_reason: str, origin: str, config: EvaluationConfig) -> Verdict:
    """Verdict on code whose last reply ended with `stop_reason`. A pass stands. A failure of code that was cut short
    says nothing about the checks, so they are left out."""
    if verdict.outcome is not Outcome.FAILED or stop_reason not in _CUT_SHORT:
        return verdict
    ended = cut_short(stop_reason, f"the code so far does not pass ({origin})", config)
    return replace(verdict, checks=(), cause=ended.cause, reason=ended.reason)


def _what_happened(stop_reason: str, config: EvaluationConfig) -> str:
    match stop_reason:
        case "max_tokens":
            known = config.max_tokens_from != "unknown"
            return f"Cut off at the token limit{f' of {config.max_tokens} tokens' if known else ''}"
        case "pause_turn":
            return f"The turn was paused and did not end within {steps(config.max_steps)}"
        case _:
            return "The model's context window was full"


def steps(count: int) -> str:
    """A number of steps, in words."""
    return f"{count} {'step' if count == 1 else 'steps'}"


def _only_thought(reply: Reply) -> bool:
    return not reply.message.text.strip() and any(
        isinstance(block, ThinkingBlock) for block in reply.message.blocks
    )
