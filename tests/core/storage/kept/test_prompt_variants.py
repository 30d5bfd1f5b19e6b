"""The variants of prompts that a real store holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dropout_core.storage.kept.prompt_variants import MOST_VARIANTS
from dropout_core.storage.store import Store
from dropout_core.task.prompt_variants import PromptVariant
from tests.tui.stored import stored


def test_the_newest_text_of_each_name_comes_first_and_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    store = Store(path)
    stored(store, [], runs=1, prompt="plain")
    stored(store, [], runs=1, prompt="plain-2", prompt_from="plain", prompt_text="Old.")
    stored(store, [], runs=1, prompt="short", prompt_from="short.txt", prompt_text="Short.")
    stored(store, [], runs=1, prompt="plain-2", prompt_from="plain", prompt_text="New.")
    stored(
        store, [], runs=1, prompt="other-2", prompt_from="plain", prompt_text="Of another.", task="softmax"
    )
    for odd in ("plain", "a file…", "[b]two words"):
        stored(store, [], runs=1, prompt=odd, prompt_from="plain")
    damaged = [stored(store, [], runs=1, prompt=f"bad-{text}", prompt_from="plain") for text in "abc"]
    with sqlite3.connect(path) as connection:
        values = ("no JSON", '{"prompt_from": "plain", "task": "dropout"}', b"\xff")
        connection.executemany(
            "UPDATE evaluations SET config = ? WHERE id = ?", zip(values, damaged, strict=True)
        )
    assert store.prompt_variants("dropout") == (
        PromptVariant("plain-2", "New.", "plain"),
        PromptVariant("short", "Short.", "short.txt"),
    )
    assert [one.name for one in store.prompt_variants("softmax")] == ["other-2"]
    for number in range(MOST_VARIANTS + 5):
        stored(store, [], runs=1, prompt=f"many-{number}", prompt_from="plain")
    offered = store.prompt_variants("dropout")
    assert (len(offered), offered[0].name) == (MOST_VARIANTS, f"many-{MOST_VARIANTS + 4}")
    store.close()
