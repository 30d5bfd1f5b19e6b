"""Whether the terminal has colours at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COLOURLESS = re.compile(r"vt\d+(-.*)?|dumb|.+-(m|mono)")
"""Terminals that terminfo lists without colours. All others are expected to have them."""


def is_monochrome(environment: Mapping[str, str]) -> bool:
    """Whether the terminal of this `environment` has no colours, or its user wants none."""
    return "NO_COLOR" in environment or _COLOURLESS.fullmatch(environment.get("TERM", "")) is not None
