"""Answers that attack the grading, or fall apart: those of the audit, and two that no text file can hold."""

from __future__ import annotations

from dropout_core.audit.corpus import built_in_answers
from dropout_core.verdict.known_answers import Kind

_ATTACKS = tuple(answer for answer in built_in_answers() if answer.kind is Kind.HOSTILE)

HOSTILE = {answer.name: answer.code for answer in _ATTACKS} | {
    "NUL": "def dropout(x, p, training):\x00 return x",
    "lone surrogate": "name = '\ud800'",
}
ENDLESS = {answer.name for answer in _ATTACKS if answer.endless}
"""Those that only the time limit ends."""
