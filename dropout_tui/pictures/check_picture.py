"""One check laid out for a width: its message, measured and expected values, and its evidence."""

from __future__ import annotations

from textual.content import Content

from dropout_core.verdict.evidence import Evidence
from dropout_core.verdict.verdict import Check, CheckStatus
from dropout_tui.pictures.difference_picture import difference_picture
from dropout_tui.pictures.flow import GAP, Block, block_width, flowed
from dropout_tui.pictures.mask_picture import mask_picture, mask_words
from dropout_tui.pictures.scale_histogram import expected_scale, scale_histogram
from dropout_tui.pictures.value_table import value_table
from dropout_tui.text.labels import mark_of_check
from dropout_tui.text.sanitize import visible, visible_line

_ROOMY = 16
"""Least height at which a picture may stand above its words instead of beside them."""
_HISTOGRAM_WIDTHS = (44, 66)
"""The least and the greatest width of a picture beside the table of values."""


def check_picture(check: Check, width: int, height: int) -> list[Content]:
    """The lines about `check`, for `width` by `height` cells. Long text is left to wrap; nothing is cut."""
    failed = check.status is CheckStatus.FAILED
    colour = mark_of_check(check.status).colour if failed else ""
    lines = [Content.styled(line, colour) for line in visible(check.message).split("\n")]
    lines += flowed(
        [
            [Content.assemble((f"{name}  ", "dim"), (visible_line(value), style))]
            for name, value, style in (
                ("measured", check.measured, colour and f"bold {colour}"),
                ("expected", check.expected, "bold"),
            )
            if value is not None
        ],
        width,
        apart=False,
    )
    evidence = check.evidence
    if evidence is None:
        return lines
    if evidence.line is not None:
        lines.append(Content.styled(f"▶ line {evidence.line} of the code", "bold"))
    figures = flowed(_figures(evidence, failed, width, height), width)
    said = f"{check.message} {check.measured}"
    call = [] if evidence.call is None or evidence.call in said else [visible_line(evidence.call)]
    context = [Content.styled(text, "dim") for text in call]
    if height < _ROOMY:
        return [*lines, *figures, *context]
    return [*lines, *context, *([Content()] if figures else []), *figures]


def _figures(evidence: Evidence, failed: bool, width: int, height: int) -> list[Block]:
    figures: list[Block] = []
    if evidence.mask:
        words = [
            Content.styled(text, "bold" if n > 1 else "dim") for n, text in enumerate(_words_of(evidence))
        ]
        room = width
        if height < _ROOMY and block_width(words) + GAP < width:
            room = width - block_width(words) - GAP
        figures += [mask_picture(evidence.mask, room, evidence.p), words]
    if evidence.differences is not None:
        words = [
            Content.styled(text, "bold" if n == 1 else "dim")
            for n, text in enumerate(evidence.differences.words())
        ]
        figures += [difference_picture(evidence.differences, width), words]
    values = value_table(evidence.examples, judged=failed)
    if evidence.ratios is not None:
        least, most = _HISTOGRAM_WIDTHS
        beside = width - block_width(values) - GAP
        room = beside if beside >= least else width
        figures.append(scale_histogram(evidence.ratios, expected_scale(evidence), min(room, most)))
    if values:
        figures.append(values)
    return figures


def _words_of(evidence: Evidence) -> list[str]:
    return mask_words(evidence.mask, evidence.p)
