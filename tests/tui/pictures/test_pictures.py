"""Evidence as characters: within its width, nothing lost, and readable without colour."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from textual.content import Content

from dropout_core.task import difference_map
from dropout_core.verdict.evidence import Evidence, Example, Histogram
from dropout_core.verdict.verdict import Check, CheckStatus
from dropout_tui.pictures.check_picture import check_picture
from dropout_tui.pictures.difference_picture import difference_picture
from dropout_tui.pictures.flow import block_width, flowed
from dropout_tui.pictures.mask_picture import (
    FullyDropped,
    drop_share,
    fully_dropped,
    mask_picture,
    mask_words,
)
from dropout_tui.pictures.scale_histogram import expected_scale, scale_histogram
from dropout_tui.pictures.value_table import is_wrong, value_table
from tests.tui.states import HOSTILE_TEXTS

masks = st.integers(1, 64).flatmap(
    lambda width: st.lists(st.text("01", min_size=width, max_size=width), min_size=1, max_size=16)
)
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
EVERY_OTHER = ("01" * 32, "10" * 32) * 8


def plain(lines: list[Content]) -> list[str]:
    return [line.plain for line in lines]


def ink(lines: list[str], across: int) -> list[str]:
    """The mask read back from its picture."""
    rows = []
    for line in lines:
        bits = [QUADRANTS.index(cell) for cell in line]
        for first, second in ((1, 2), (4, 8)):
            read = ("01"[not bit & first] + ("01"[not bit & second] if across == 2 else "") for bit in bits)
            rows.append("".join(read))
    return rows


@given(masks, st.sampled_from([34, 66, 100]))
def test_every_element_can_be_read_from_the_picture(mask: list[str], width: int) -> None:
    across = 1 if len(mask[0]) <= width - 2 else 2
    cells = -(-len(mask[0]) // across)
    drawn = [line.plain[:cells] for line in mask_picture(mask, width)][: -(-len(mask) // 2)]
    read = ink(drawn, across)
    assert [row[: len(mask[0])] for row in read[: len(mask)]] == mask


@given(masks, st.integers(-3, 80))
def test_a_mask_stays_within_its_width(mask: list[str], width: int) -> None:
    assert block_width(mask_picture(mask, width)) <= max(0, width)


def test_dropped_rows_and_columns_are_pointed_at_and_named() -> None:
    rows = tuple(("0" if n in (2, 11) else "1") * 64 for n in range(16))
    assert [line.endswith("◂") for line in plain(mask_picture(rows, 80, 0.5))] == [
        n in (1, 5) for n in range(8)
    ]
    assert "dropped whole: rows 3, 12" in mask_words(rows, 0.5)
    columns = ("1101" + "1" * 60,) * 16
    assert plain(mask_picture(columns, 80, 0.5))[-1] == "  ▴"
    assert "dropped whole: column 3" in mask_words(columns, 0.5)


@pytest.mark.parametrize("mask", [("0" * 64,) * 16, EVERY_OTHER, ("1" * 64,) * 16, ("01",) * 3, (), ("",)])
def test_nothing_stands_out_where_chance_would_do_it_or_all_is_dropped(mask: tuple[str, ...]) -> None:
    assert fully_dropped(mask, 0.5) == FullyDropped((), ())
    assert 0.0 <= drop_share(mask) <= 1.0


def test_a_column_of_a_narrow_mask_may_be_chance() -> None:
    assert fully_dropped(("01", "01", "00"), 0.5).columns == ()


finite = st.floats(-1e300, 1e300)
histograms = st.builds(
    lambda ends, counts: Histogram(min(ends), max(ends), tuple(counts)),
    st.tuples(finite, finite),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=16),
)


@given(histograms, finite | st.none(), st.integers(0, 100), st.integers(1, 5))
def test_a_histogram_fits_and_marks_what_is_expected(
    ratios: Histogram, expected: float | None, width: int, height: int
) -> None:
    lines = plain(scale_histogram(ratios, expected, width, height))
    if not sum(ratios.counts):
        assert lines == []
        return
    axis = lines[height]
    assert len(axis) <= max(24, width)
    assert axis.count("▲") == (expected is not None)
    assert any(character in "▁▂▃▄▅▆▇█" for character in "".join(lines[:height]))


@pytest.mark.parametrize(("scale", "sign"), [(1.0, -1), (3.0, 1)])
def test_values_stand_on_their_side_of_the_expected(scale: float, sign: int) -> None:
    lines = plain(scale_histogram(Histogram(scale, scale, (9,)), 2.0, 40))
    assert math.copysign(1, lines[0].index("█") - lines[3].index("▲")) == sign
    assert "×2 expected" in lines[4]
    assert lines[5] == f"9 survivors, all ×{scale:g}"


def test_the_expected_scale_is_that_of_the_rate_or_of_an_example() -> None:
    assert expected_scale(Evidence(p=0.75)) == 4.0
    assert expected_scale(Evidence(p=1.0)) is None
    assert expected_scale(Evidence(examples=(Example(3, 0, 0), Example(2, 2, 5)))) == 2.5
    assert expected_scale(Evidence()) is None


def test_wrong_values_are_marked_by_a_glyph() -> None:
    examples = (Example(1, 2, 2), Example(1, 1, 2), Example(1, math.nan, 0), Example(1, -0.0, 0))
    assert [line.startswith("✗") for line in plain(value_table(examples))[1:]] == [False, True, True, False]
    assert not any("✗" in line for line in plain(value_table(examples, judged=False)))
    assert not is_wrong(Example(1, math.nan, math.nan))


def test_elements_of_an_array_are_told_by_their_place() -> None:
    examples = (Example(math.nan, 0.1 + 0.2, 0.3, (4, 0)), Example(math.nan, 5.0, 5.0, (11, 2)))
    assert plain(value_table(examples)) == [
        "     at             expected                  got",
        "✗  4, 0  0.29999999999999999  0.30000000000000004",
        "✓ 11, 2                    5                    5",
    ]


@given(st.integers(1, 90), st.integers(1, 200), st.integers(0, 10**6))
def test_a_map_of_differences_is_drawn_cell_by_cell(rows: int, columns: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = np.ones((rows, columns))
    got = np.where(rng.random(wanted.shape) < 0.1, rng.choice([1.1, 2.0, np.nan], wanted.shape), wanted)
    seen = difference_map(got, wanted)
    assume(seen is not None)
    assert seen is not None
    glyphs = {"0": "·", "1": "░", "2": "▒", "3": "▓", "x": "×"}
    assert plain(difference_picture(seen, 100)) == [
        "".join(glyphs[cell] for cell in row) for row in seen.rows
    ]
    assert all(line.cell_length <= 20 for line in difference_picture(seen, 20))


def test_where_an_array_differs_stands_beside_its_words_and_elements() -> None:
    wanted = np.arange(1.0, 13.0).reshape(3, 4)
    got = wanted.copy()
    got[1, 2], got[2, 3] = 7.5, 0.0
    examples = (Example(3.0, 7.5, 7.0, (1, 2)), Example(6.0, 0.0, 12.0, (2, 3)))
    evidence = Evidence("f(x)", examples, differences=difference_map(got, wanted))
    check = Check("values", "Values", CheckStatus.FAILED, "Wrong elements", "2 of 12: 7.5", "7", evidence)
    drawn = "\n".join(line.rstrip() for line in plain(check_picture(check, 90, 24)))
    assert drawn.endswith(
        "····   · as expected, ░▒▓ off by 0.5 to 12       at  input  expected  got\n"
        "··░·   2 of 12 elements are wrong (3 × 4)    ✗ 1, 2      3         7  7.5\n"
        "···▓                                         ✗ 2, 3      6        12    0"
    )


@given(
    st.lists(st.lists(st.text("abc", max_size=9).map(Content), max_size=4), max_size=5), st.integers(1, 40)
)
def test_blocks_flow_within_the_width_and_lose_nothing(blocks: list[list[Content]], width: int) -> None:
    lines = flowed(blocks, width)
    assert block_width(lines) <= max(width, *(block_width(block) for block in blocks), 0, 0)
    shown = sorted("".join(plain(lines)).replace(" ", ""))
    assert shown == sorted("".join(line.plain for block in blocks for line in block))


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("size", [(78, 9), (20, 5), (1, 1), (120, 40)])
def test_text_of_strangers_is_only_text(text: str, size: tuple[int, int]) -> None:
    seen = Evidence(text, (Example(1, 2, 3),), Histogram(1, 2, (3,)), EVERY_OTHER, 3, p=0.5)
    lines = check_picture(Check("c", text, CheckStatus.FAILED, text, text, text, seen), *size)
    shown = "\n".join(plain(lines))
    assert not {"\x1b", "\x00", "\x07", "\u202e", "\ud800"} & set(shown)
    assert "▶ line 3 of the code" in shown
