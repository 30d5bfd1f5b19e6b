"""Makes untrusted text safe to show.

Replies, code, error messages and model names are written by strangers. They pass through here on their way to the
screen, so that nothing moves the cursor, turns the writing direction round or hides between two letters.
Markup is the other danger: give the result to widgets as `Content`, never as a markup string.
"""

from __future__ import annotations

import re
from functools import partial

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\N{SYMBOL FOR DELETE}"

# Variation selectors only choose between two drawings of a letter, and replies are full of them (as in "✔️").
_SELECTORS = "\ufe00-\ufe0f"
_CONTROLS = "\x00-\x08\x0b-\x1f\x7f"
_UNREADABLE = "\x80-\x9f\ud800-\udfff\ufffe\uffff"
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero widths, line separators, bidirectional overrides
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a"  # fillers, byte order mark, annotations
    "\U000e0000-\U000e0fff"  # tags, which spell words nobody sees
)
_HIDDEN = re.compile(f"[{_SELECTORS}{_CONTROLS}{_UNREADABLE}{_UNSEEN}]")
_SELECTOR = re.compile(f"[{_SELECTORS}]")
_CONTROL = re.compile(f"[{_CONTROLS}]")
_UNREADABLE_ONE = re.compile(f"[{_UNREADABLE}]")
_BLANKS = partial(re.compile(r"\s+").sub, " ")


def visible(text: str) -> str:
    """`text` with everything that would act on a terminal, or be invisible on it, replaced by something visible.

    Controls become their pictures (``␛``, ``␀``), unreadable code points the replacement character, and invisible
    or direction-changing ones their number (``‹U+202E›``). Newlines and tabs stay; line ends become ``\\n``.
    """
    if text.isascii() and text.isprintable():
        return text
    return _HIDDEN.sub(_shown, text.replace("\r\n", "\n"))


def visible_line(text: str) -> str:
    """`text` made visible and put on one line: every run of blanks and line ends becomes one space."""
    return _BLANKS(visible(text)).strip()


def _shown(match: re.Match[str]) -> str:
    character = match.group()
    if _SELECTOR.match(character):
        return ""
    if character == "\x7f":
        return _DELETE_PICTURE
    if _CONTROL.match(character):
        return chr(_CONTROL_PICTURES + ord(character))
    if _UNREADABLE_ONE.match(character):
        return _REPLACEMENT
    return f"‹U+{ord(character):04X}›"
