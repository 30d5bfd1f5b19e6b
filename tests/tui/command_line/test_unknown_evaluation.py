"""A number that the store does not have: every command says which command shows those it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from tests.tui.program import dropout_tui


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "99"),
        ("show", "99", "1"),
        ("show", "99", "1", "--code"),
        ("compare", "99", "98"),
        ("review", "99"),
        ("export", "99", "--format", "json", "-o", "-"),
        ("what-if", "99"),
        ("regrade", "99"),
        ("resume", "99"),
    ],
    ids=" ".join,
)
def test_it_is_one_line_with_the_command_that_lists_them(arguments: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    Store(path).close()
    done = dropout_tui(*arguments, "--store", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"there is no evaluation 99 in {path}; see: " in line
    assert line.endswith(f"dropout-tui history --store {path}")
