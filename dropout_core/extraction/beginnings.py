"""How a line begins that defines `dropout`."""

from __future__ import annotations

import re

DEFINITION = re.compile(
    r"^[ \t]*(?:def[ \t]+dropout[ \t]*[(\[]|class[ \t]+dropout\b|dropout[ \t]*(?::[^=\n]+)?=(?!=))", re.M
)
"""A line that begins a definition of `dropout`, whether or not it parses."""
