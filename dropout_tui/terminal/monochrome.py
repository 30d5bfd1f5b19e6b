"""Whether the terminal has colours at all."""

from __future__ import annotations

import re
from collections.abc import Mapping

_COLOURLESS = re.compile(r"vt\d+(-.*)?|dumb|.+-(m|mono)")
"""Names of terminals that terminfo knows without colours. Of others colours are expected."""


def is_monochrome(environment: Mapping[str, str]) -> bool:
    """Whether a terminal of this `environment` shows one colour only, or its user wants no more."""
    return "NO_COLOR" in environment or _COLOURLESS.fullmatch(environment.get("TERM", "")) is not None
