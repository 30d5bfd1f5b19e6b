"""Signs on a terminal whose encoding lacks them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from rich.cells import cell_len

from dropout_tui.terminal.ascii_fallback import PLAIN_CELLS, PLAIN_LETTERS

SOURCES = [*Path(__file__).parents[3].glob("dropout_tui/**/*.py")]


@cache
def drawn() -> frozenset[str]:
    """Every sign that a picture, a widget or a line of this program holds."""
    texts = (
        node.value
        for path in SOURCES
        if path.name != "sanitize.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return frozenset(sign for text in texts for sign in text if not sign.isascii())


def test_nothing_the_program_draws_is_a_question_mark() -> None:
    signs = "".join(sorted(drawn()))
    assert len(signs) > 50
    for handler in (PLAIN_LETTERS, PLAIN_CELLS):
        unsaid = [sign for sign in signs if b"?" in sign.encode("ascii", handler)]
        assert not unsaid, handler


def test_on_the_screen_every_sign_keeps_its_width() -> None:
    for sign in drawn() | set("日本語 é ｜ a\u0301 \u200b 😀 …≥"):
        assert cell_len(sign.encode("ascii", PLAIN_CELLS).decode()) == cell_len(sign), sign


def test_bars_and_frames_are_told_apart() -> None:
    assert "▰▰▱ ├──●──┤ ╎╌╌╎ ╫ ✓ ✗ ⊘".encode("ascii", PLAIN_CELLS) == b"##. +--*--+ :..: # + x o"
    assert "a … ≥ 1".encode("ascii", PLAIN_LETTERS) == b"a ... >= 1"
    assert "a … ≥ 1".encode("latin-1", PLAIN_CELLS) == b"a ~ > 1"
