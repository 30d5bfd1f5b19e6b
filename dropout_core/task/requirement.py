"""One clause of the task: its wording for the prompt, and the check that observes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Explicitness(StrEnum):
    """How much the prompt spells out."""

    EXPLICIT = "explicit"
    PLAIN = "plain"
    TERSE = "terse"


class UnknownSuite(ValueError):
    """No suite has this name."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause of the task."""

    id: str
    """The id of the check that observes it."""
    title: str
    """The check's name on screen."""
    failure: str
    """The headline when the check fails."""
    wording: Mapping[Explicitness, str]
    """What the prompt says, at each level."""
    mentions: tuple[str, ...]
    """Words, in lower case, of which a prompt written by the user holds at least one when it states this
    requirement."""
