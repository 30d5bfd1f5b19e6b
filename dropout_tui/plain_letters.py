"""What to write instead of a sign that the output's encoding does not have."""

from __future__ import annotations

import codecs

PLAIN_LETTERS = "dropout-plain-letters"
"""The name of the error handler, for `open` and `reconfigure`."""

_SUBSTITUTES = {
    "✓": "+", "✗": "x", "⊘": "o", "●": "*", "○": ".", "‖": "|", "·": "-", "×": "x", "–": "-", "…": "...",
    "↻": "@", "≥": ">=", "≤": "<=", "−": "-", "▲": "^", "▼": "v",
}  # fmt: skip


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_SUBSTITUTES.get(sign, "?") for sign in signs), error.end


codecs.register_error(PLAIN_LETTERS, _substitute)
