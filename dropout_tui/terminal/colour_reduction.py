"""Reduces colours for terminals that have 256 or 16 of them.

A theme is made of millions. What of them a terminal lacks is replaced by what comes nearest to the eye: a dark grey
with a touch of blue is grey then, and not navy.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorType
from rich.palette import Palette
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

Rgb = tuple[int, int, int]

_STEPS = (0, 95, 135, 175, 215, 255)
_GREYS = range(8, 248, 10)
_PALETTE = Palette(
    [(r, g, b) for r in _STEPS for g in _STEPS for b in _STEPS] + [(grey,) * 3 for grey in _GREYS]
)
"""The first of the 256 colours that are the same in every terminal."""
_LEAST_CHROMA = 50
"""The least difference between the strongest and the weakest part of a colour that is not just a tinted grey."""
_HUES = (1, 3, 2, 6, 4, 5)
"""The numbers of red, yellow, green, cyan, blue and magenta among the sixteen, by hue."""
_DARK, _DIM, _LIGHT = 0.3, 0.5, 0.8


class ReducedColours(LineFilter):
    """A line filter that replaces every colour by one of `count`, which is 256 or 16."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._has_256 = count > 16

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        """The same text in the reduced colours."""
        return [
            Segment(text, None if style is None else _restyled(style, self._has_256), control)
            for text, style, control in segments
        ]


def nearest_of_256(rgb: Rgb) -> int:
    """The number of the colour that looks most like `rgb`."""
    return 16 + _PALETTE.match(rgb)


def nearest_of_16(rgb: Rgb) -> int:
    """The number of the colour of the same hue: terminals draw the sixteen as they like, but red is always red."""
    hue, _, lightness = Color(*rgb).hsl
    if max(rgb) - min(rgb) < _LEAST_CHROMA:
        return 0 if lightness < _DARK else 8 if lightness < _DIM else 7 if lightness < _LIGHT else 15
    number = _HUES[round(hue * 6) % 6]
    return number + 8 if lightness > _DIM else number


@lru_cache(4096)
def _restyled(style: Style, has_256: bool) -> Style:
    colour, ground = _given(style.color, has_256), _given(style.bgcolor, has_256)
    return (
        style
        if (colour, ground) == (style.color, style.bgcolor)
        else style + Style(color=colour, bgcolor=ground)
    )


@lru_cache(4096)
def _given(colour: RichColor | None, has_256: bool) -> RichColor | None:
    if colour is None or colour.type is not ColorType.TRUECOLOR or colour.triplet is None:
        return colour
    red, green, blue = colour.triplet
    number = (nearest_of_256 if has_256 else nearest_of_16)((red, green, blue))
    return RichColor.from_ansi(number)
