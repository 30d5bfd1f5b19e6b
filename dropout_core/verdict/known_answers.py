"""Kinds of answers whose verdict is known, and the mistakes that grading one can make."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Expected outcome of an answer."""

    RIGHT = "right"
    """It passes every check."""
    WRONG = "wrong"
    """It fails."""
    HOSTILE = "hostile"
    """It fails, and answers graded after it are not affected."""


class Fault(StrEnum):
    """Kind of mistake in one grading."""

    FALSE_REJECT = "false_reject"
    """A right answer did not pass."""
    FALSE_ACCEPT = "false_accept"
    """A wrong or hostile answer passed."""
    WRONG_CHECK = "wrong_check"
    """A wrong answer failed, but not by the checks that must catch it, or by others too."""
    NOT_CONTAINED = "not_contained"
    """A hostile answer made grading raise, or a right answer after it did not pass."""
    VOID = "void"
    """There is no verdict: the sandbox does not work."""
