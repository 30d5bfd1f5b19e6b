"""Requirement of the task: its wording for the prompt, and its check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Explicitness(StrEnum):
    """Level of detail of the prompt."""

    EXPLICIT = "explicit"
    PLAIN = "plain"
    TERSE = "terse"


class UnknownSuite(ValueError):
    """No suite has this name."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of the task."""

    id: str
    """Id of its check."""
    title: str
    """Name of the check on screen."""
    failure: str
    """Headline when the check fails."""
    wording: Mapping[Explicitness, str]
    """Wording in the prompt, at each level."""
    mentions: tuple[str, ...]
    """Lower-case words, one of which appears in any prompt that states this requirement."""
