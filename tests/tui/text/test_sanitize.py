"""Text of strangers can neither act on the terminal nor hide in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_tui.text.sanitize import visible, visible_line
from tests.tui.states import HOSTILE_TEXTS

_ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünïcode, 漢字 🎲", "plain text, ünïcode, 漢字 🎲"),
        ("x = mask[mask == 0]\n\treturn x", "x = mask[mask == 0]\n\treturn x"),
        ("[/foo] [@click=app.bell]hi[/]", "[/foo] [@click=app.bell]hi[/]"),
        ("\x1b[31mred", "␛[31mred"),
        ("nul\x00 del\x7f", "nul␀ del␡"),
        ("one\r\ntwo\rthree", "one\ntwo␍three"),
        ("c1\x9b2J", "c1\N{REPLACEMENT CHARACTER}2J"),
        ("lone \ud800", "lone \N{REPLACEMENT CHARACTER}"),
        ("a\u202eb", "a‹U+202E›b"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("tag\U000e0041", "tag‹U+E0041›"),
        ("line\u2028separator", "line‹U+2028›separator"),
        ("tick ✔\ufe0f", "tick ✔"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(_ANY_TEXT)
def test_nothing_that_acts_or_hides_is_left(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not {c for c in shown if unicodedata.category(c) in {"Cc", "Cs"}} - {"\n", "\t"}
    assert not {c for c in shown if unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF"}}
    assert not {c for c in shown if unicodedata.bidirectional(c) in {"LRI", "RLI", "FSI", "PDI"}}
    assert len(shown.splitlines()) == len(shown.removesuffix("\n").split("\n")) or not shown


@given(_ANY_TEXT)
def test_sanitizing_twice_changes_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


@given(_ANY_TEXT)
def test_a_line_is_one_line(text: str) -> None:
    assert len(visible_line(text).splitlines()) <= 1
    assert "\t" not in visible_line(text)


def test_hostile_texts_contain_what_other_tests_rely_on() -> None:
    assert any(visible(text) != text for text in HOSTILE_TEXTS)
    assert any("[/" in text for text in HOSTILE_TEXTS)
