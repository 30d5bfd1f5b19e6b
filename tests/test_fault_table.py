"""The tables of what a server may do say what the program does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from docs import chat_faults, faults
from tests.core.api_model import KEY

SPOKEN_OTHERWISE = "Its own way of speaking"
"""Where the two APIs have little in common."""


@pytest.mark.parametrize(
    ("section", "title", "file"),
    [
        *((faults.section, title, faults.FILE) for title in faults.CASES),
        (chat_faults.section, SPOKEN_OTHERWISE, chat_faults.FILE),
        *(
            pytest.param(chat_faults.section, title, chat_faults.FILE, marks=pytest.mark.long_run)
            for title in chat_faults.CASES
            if title != SPOKEN_OTHERWISE
        ),
    ],
)
def test_table_is_as_the_script_writes_it(
    section: Callable[[str], str], title: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert section(title) in file.read_text(encoding="utf-8")
