"""Commands that are given no evaluation take the newest."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_core.verdict.verdict import Outcome
from dropout_tui.exit_codes import EXIT_USAGE
from tests.tui.program import dropout_tui
from tests.tui.stored import stored


@pytest.fixture
def path(tmp_path: Path) -> str:
    store = Store(tmp_path / "store.sqlite3")
    for _ in range(3):
        stored(store, [Outcome.PASSED])
    store.close()
    return str(store.path)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("show", "3"),
        ("show --json", "3"),
        ("export --format csv -o -", "3"),
        ("regrade", "3"),
        ("review", "3"),
        ("compare", "2 3"),
    ],
)
def test_without_a_number_the_newest_is_meant_and_named(path: str, words: str, number: str) -> None:
    command, *options = words.split()
    named = dropout_tui(command, *number.split(), *options, "--store", path)
    newest = dropout_tui(*words.split(), "--store", path)

    said = "evaluation 3, the newest" if command != "compare" else "evaluations 2 and 3, the newest"
    assert newest.stderr.splitlines()[0] == f"dropout-tui: {said}"
    assert (newest.returncode, newest.stdout) == (named.returncode, named.stdout)
    assert newest.stdout


def test_where_there_are_not_as_many_that_is_said(tmp_path: Path) -> None:
    missing = dropout_tui("show", "--store", str(tmp_path / "none.sqlite3"))
    assert (missing.returncode, missing.stdout) == (EXIT_USAGE, "")
    assert "there is no store" in missing.stderr

    store = Store(tmp_path / "store.sqlite3")
    empty = dropout_tui("review", "--store", str(store.path))
    assert "there is no evaluation in" in empty.stderr
    stored(store, [Outcome.PASSED])
    single = dropout_tui("compare", "--store", str(store.path))
    assert "there is only one evaluation in" in single.stderr
    assert dropout_tui("compare", "1", "--store", str(store.path)).returncode == EXIT_USAGE
