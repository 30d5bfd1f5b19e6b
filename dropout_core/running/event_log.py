"""Log lines of events."""

from __future__ import annotations

import logging
from dataclasses import fields
from datetime import UTC, datetime

from dropout_core.state import events
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.verdict.verdict import Verdict

_log = logging.getLogger(__name__)

_PLACE = frozenset({"at", "trial", "attempt"})
_MOMENTS = frozenset({"cut_off_at", "since"})
_MODELS_OWN = frozenset({"code", "text"})


def log_event(event: events.Event) -> None:
    """Log an event; does nothing unless logging is enabled."""
    if _log.isEnabledFor(logging.INFO) and not isinstance(event, events.TextArrived):
        _log.info("%s", line_of(event))


def line_of(event: events.Event) -> str:
    """The event on one line, without conversations and code: ``trial 3.1 RequestSent step=1``."""
    said = [type(event).__name__]
    match event:
        case events.AttemptEvent():
            said.insert(0, f"trial {event.trial}.{event.attempt}")
        case events.TrialEvent():
            said.insert(0, f"trial {event.trial}")
    said += [
        f"{item.name}={_short(item.name, getattr(event, item.name))}"
        for item in fields(event)
        if item.name not in _PLACE
    ]
    return " ".join(said)


def _short(name: str, value: object) -> str:
    match value:
        case str() if name in _MODELS_OWN:
            return f"{len(value)} characters"
        case EvaluationConfig():
            return f"{value.runs} runs of {value.model!r}, suite {value.suite}, seed {value.seed}"
        case Message():
            return f"{value.role}, {len(value.text)} characters"
        case Verdict():
            return f"{value.outcome} {value.reason!r}"
        case float() if name in _MOMENTS:
            return datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        case float():
            return f"{value:.3g}"
        case _:
            return repr(value)
