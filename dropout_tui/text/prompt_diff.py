"""The diff of two prompts, coloured by the signs that its lines begin with."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from dropout_tui.text.sanitize import visible

_STYLES = {"+": "$text-success", "-": "$text-error", "@": "$text-accent"}


def coloured_diff(lines: Iterable[str]) -> Content:
    """The lines of a unified diff."""
    return Content("\n").join(
        Content.styled(visible(line), _STYLES.get(line[:1], "$foreground-muted")) for line in lines
    )
