"""How many more trials the band decision may take, in words."""

from __future__ import annotations

from dropout_core.statistics.band.outlook import HORIZON, Outlook
from dropout_tui.text.numbers import about


def outlook_words(found: Outlook) -> tuple[str, ...]:
    """In full: ``about 57 more trials to decide`` and ``80 % within 190``."""
    if found.median is None:
        return (f"more than {HORIZON:,} more: near an edge",)
    trials = "trial" if found.median == 1 else "trials"
    mostly = (
        f"1 in 5 takes more than {HORIZON:,}"
        if found.mostly is None
        else f"80 % within {about(found.mostly)}"
    )
    return (f"about {about(found.median)} more {trials} to decide", mostly)


def brief_outlook_words(found: Outlook) -> tuple[str, ...]:
    """In brief: ``≈57 more`` and ``80 % ≤190``."""
    if found.median is None:
        return (f">{HORIZON:,} more: near an edge",)
    mostly = f"80 % >{HORIZON:,}" if found.mostly is None else f"80 % ≤{about(found.mostly)}"
    return (f"≈{about(found.median)} more", mostly)
