"""A small histogram of the scale of surviving elements, around the expected scale."""

from __future__ import annotations

from textual.content import Content

from dropout_core.verdict.evidence import Evidence, Histogram

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_LEAST_WIDTH = 24
_MARGIN = 0.06
"""The share of the axis left free beyond the outermost value on either side."""
BAR = "$text-accent"


def expected_scale(evidence: Evidence) -> float | None:
    """The factor 1 / (1 - p) that survivors should have; ``None`` when the evidence does not tell.

    Evidence without p tells by its examples: the wanted value of a survivor, divided by its input.
    """
    if evidence.p is not None:
        return 1.0 / (1.0 - evidence.p) if evidence.p < 1.0 else None
    scales = (one.wanted / one.x for one in evidence.examples if one.wanted and one.x)
    return next(scales, None)


def scale_histogram(ratios: Histogram, expected: float | None, width: int, height: int = 3) -> list[Content]:
    """Bars `height` lines tall over an axis, with ``▲`` under the expected scale, in `width` cells.

    The axis spans all values and the expected one. A bin with a single value in it is never drawn empty.
    """
    width = max(_LEAST_WIDTH, width) - 1
    total = sum(ratios.counts)
    if not total:
        return []
    low, high = _axis(ratios, expected)
    levels = _levels(ratios, low, high, width, height)
    at = None if expected is None else _column(expected, low, high, width)
    lines = []
    for line in reversed(range(height)):
        drawn = "".join(_EIGHTHS[min(8, max(0, level - 8 * line))] for level in levels)
        lines.append(Content.styled(f"│{drawn}", BAR))
    axis = ["─"] * width
    for column, level in enumerate(levels):
        if level:
            axis[column] = "┴"
    if at is not None:
        axis[at] = "▲"
    lines.append(Content("└" + "".join(axis)))
    return [*lines, *_captions(ratios, expected, low, high, width)]


def scale_words(ratios: Histogram) -> str:
    """How many survivors there are and where they lie."""
    total = f"{sum(ratios.counts):,} survivors"
    if ratios.low == ratios.high:
        return f"{total}, all ×{ratios.low:.4g}"
    return f"{total}, ×{ratios.low:.4g} to ×{ratios.high:.4g}"


def _axis(ratios: Histogram, expected: float | None) -> tuple[float, float]:
    ends = [ratios.low, ratios.high, *([] if expected is None else [expected])]
    low, high = min(ends), max(ends)
    spread = (high - low) or max(abs(low), 1.0)
    return low - _MARGIN * spread, high + _MARGIN * spread


def _column(value: float, low: float, high: float, width: int) -> int:
    share = (value - low) / (high - low)
    return min(width - 1, max(0, round(share * (width - 1)))) if share == share else 0


def _levels(ratios: Histogram, low: float, high: float, width: int, height: int) -> list[int]:
    """The height of each column, in eighths of a line."""
    sums = [0.0] * width
    step = (ratios.high - ratios.low) / len(ratios.counts)
    for number, count in enumerate(ratios.counts):
        if count:
            first = _column(ratios.low + number * step, low, high, width)
            last = max(first, _column(ratios.low + (number + 1) * step, low, high, width) - 1)
            for column in range(first, last + 1):
                sums[column] += count
    most = max(sums)
    return [max(1, round(8 * height * each / most)) if each else 0 for each in sums]


def _captions(
    ratios: Histogram, expected: float | None, low: float, high: float, width: int
) -> list[Content]:
    words = scale_words(ratios)
    if expected is None:
        return [Content.styled(words, "dim")]
    label = f"×{expected:.4g} expected"
    at = _column(expected, low, high, width)
    # Beside its mark, on the side that has room.
    start = min(max(0, at - len(label) // 2), max(0, width - len(label)))
    return [Content.assemble(" " * (start + 1), (label, "bold")), Content.styled(words, "dim")]
