"""Void verdicts, on attempts that say nothing about the model."""

from __future__ import annotations

import logging

from dropout_core.models import ModelError
from dropout_core.sandbox import SandboxBroken
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.verdict import Outcome, Verdict

_log = logging.getLogger(__name__)


def void(config: EvaluationConfig, seed: int, reason: str) -> Verdict:
    """Verdict on an attempt that was not judged; `reason` is one line."""
    return Verdict(
        outcome=Outcome.VOID,
        reason=reason,
        suite=config.suite,
        seed=seed,
        isolation="not run",
        task=config.task,
    )


def reason_of(error: BaseException) -> str:
    """Reason to give for an error that ended an attempt. An unexpected error is logged in full and never ends other
    trials."""
    if isinstance(error, ModelError | SandboxBroken):
        return str(error)
    _log.error("an attempt was ended by a bug in this program", exc_info=error)
    return f"internal error: {type(error).__name__}: {error}"
