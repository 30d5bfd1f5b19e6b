"""Outlines of stored trials."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.reports.jsonlines import summary_object
from dropout_core.storage import outline
from dropout_core.storage.store import Store
from dropout_tui.command_line.lines.report_lines import closing
from tests.tui.stored import varied


@pytest.mark.parametrize("compared", [1_000, 2])
def test_an_outline_says_the_same_of_an_evaluation_as_all_of_it(
    tmp_path: Path, compared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline, "MOST_COMPARED", compared)
    store = Store(tmp_path / "store.sqlite3")
    varied(store)
    for line in store.history():
        whole, outlined = store.state(line.number), store.outline(line.number)
        assert closing(line.number, outlined, store.path) == closing(line.number, whole, store.path)
        said, outlined_said = summary_object(line.number, whole), summary_object(line.number, outlined)
        if compared == 2:
            for name in ("same_code", "same_replies", "decision", "warning"):
                said.pop(name, None), outlined_said.pop(name, None)
        assert outlined_said == said


def test_equal_trials_share_what_is_kept_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "MOST_COMPARED", 0)
    store = Store(tmp_path / "store.sqlite3")
    varied(store)
    trials = store.outline(3).trials
    verdicts = {id(attempt.verdict) for trial in trials for attempt in trial.attempts}
    assert len(trials) == 100
    assert len(verdicts) <= 4
    assert all(attempt.code is None for trial in trials for attempt in trial.attempts)
