"""The line of code that a check refers to."""

from __future__ import annotations

import re

from dropout_core.verdict.verdict import Check

_LINE_NUMBER = re.compile(r"\bline (\d{1,9})\b")


def line_of(check: Check | None) -> int | None:
    """The line of code that a check refers to: that of its evidence, or else the one its message names."""
    if check is None:
        return None
    if check.evidence is not None and check.evidence.line is not None:
        return check.evidence.line
    named = _LINE_NUMBER.search(check.message)
    return None if named is None else int(named.group(1))
