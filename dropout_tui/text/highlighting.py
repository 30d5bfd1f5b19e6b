"""Untrusted text as `Content`, with code highlighted in the theme's colours."""

from __future__ import annotations

import re

from textual.app import App
from textual.content import Content
from textual.highlight import ANSIDarkHighlightTheme, ANSILightHighlightTheme, HighlightTheme, highlight

from dropout_tui.text.sanitize import visible

MAX_COLOURED = 12_000
"""Characters beyond which text stays plain: ten times a usual answer, since hostile text can take quadratic time."""

TAB_SIZE = 4

_FENCE = re.compile(r"^([ ]{0,3}```[^\n]*)$", re.MULTILINE)


def coloured_code(source: str, app: App[object]) -> Content:
    """Python source, made safe and highlighted, line for line as it was written.

    The colours are names of the theme and follow it; only a change to or from an ANSI theme needs a new `Content`.
    """
    plain = _plain(source)
    if len(plain) > MAX_COLOURED:
        return Content(plain)
    return _coloured(plain, app)


def coloured_reply(text: str, app: App[object]) -> Content:
    """Prose as it was written, with the code between fences highlighted as Python."""
    plain = _plain(text)
    if len(plain) > MAX_COLOURED:
        return Content(plain)
    parts: list[Content] = []
    # Every other part is a fence line, and every fourth is the code inside one.
    for number, part in enumerate(_FENCE.split(plain)):
        if number % 2:
            parts.append(Content.styled(part, "dim"))
        else:
            parts.append(_coloured(part, app) if number % 4 == 2 else Content(part))
    return Content("").join(parts)


def _plain(text: str) -> str:
    # The highlighter counts positions in its text, so whatever moves them comes first.
    return visible(text).expandtabs(TAB_SIZE)


def _coloured(plain: str, app: App[object]) -> Content:
    if not app.native_ansi_color:
        theme: type[HighlightTheme] = HighlightTheme
    else:
        theme = ANSIDarkHighlightTheme if app.current_theme.dark else ANSILightHighlightTheme
    # The highlighter drops a final line end.
    ending = "\n" if plain.endswith("\n") else ""
    return Content.assemble(highlight(plain, language="python", theme=theme), ending)
