"""The table of what a server may do says what the program does."""

from __future__ import annotations

import pytest

from docs.faults import CASES, FILE, section
from tests.core.api_model import KEY


@pytest.mark.parametrize("title", list(CASES))
def test_table_is_as_the_script_writes_it(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert section(title) in FILE.read_text(encoding="utf-8")
