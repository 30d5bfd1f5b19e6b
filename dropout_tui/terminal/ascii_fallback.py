"""Error handlers that replace characters the output's encoding lacks with ASCII."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Callable

PLAIN_LETTERS = "dropout-plain-letters"
"""The name of the error handler for lines of text, for `open` and `reconfigure`."""
PLAIN_CELLS = "dropout-plain-cells"
"""The name of the one for the screen, where the replacement has the width of the character."""

_SUBSTITUTES = str.maketrans(
    "◌✓✗⊘●○‖·×–−↻▲▼▴▾▶▸▰▱■◆◂⚑│╎╌╫╟╢▌▎▏▐░▒√≈→←↑↓⏎‘’‚‛“”„‟‹›",
    "o+xo*.|-x--@^v^v>>#.#*<!|:.###>|||.:V~><^v<''''\"\"\"\"<>",
)
_IN_A_LINE = {"…": "...", "≥": ">=", "≤": "<=", "±": "+/-"}
_IN_A_CELL = {"…": "~", "≥": ">", "≤": "<", "·": ".", "±": "~"}


def in_a_line(sign: str) -> str:
    """A character in ASCII, as long as that takes."""
    return _IN_A_LINE.get(sign) or _plain(sign)


def in_a_cell(sign: str) -> str:
    """A character in as many ASCII characters as it has cells."""
    if unicodedata.combining(sign) or unicodedata.category(sign) in ("Cf", "Mn"):
        return ""
    cells = 2 if unicodedata.east_asian_width(sign) in "WF" else 1
    return (_IN_A_CELL.get(sign) or _plain(sign)).ljust(cells, "?")[:cells]


def _plain(sign: str) -> str:
    substitute = sign.translate(_SUBSTITUTES)
    if substitute.isascii():
        return substitute
    if "─" <= sign <= "╿":
        return _line(unicodedata.name(sign))
    if "▀" <= sign <= "▟":
        return "#"
    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def _line(name: str) -> str:
    """A box-drawing character in ASCII, by its Unicode name."""
    if name.endswith("HORIZONTAL"):
        return "-"
    return "|" if name.endswith("VERTICAL") else "+"


def _handler(plain: Callable[[str], str]) -> Callable[[UnicodeError], tuple[str, int]]:
    def substitute(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return "".join(map(plain, error.object[error.start : error.end])), error.end

    return substitute


codecs.register_error(PLAIN_LETTERS, _handler(in_a_line))
codecs.register_error(PLAIN_CELLS, _handler(in_a_cell))
