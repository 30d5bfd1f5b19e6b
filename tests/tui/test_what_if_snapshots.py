"""Pictures of the panel that says what the rate would be. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from dropout_core.storage.kept.gradings import KeptGrading
from dropout_core.storage.store import Store
from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.check import CheckStatus
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.evaluations.live_evaluation import LiveEvaluation
from dropout_tui.screens.evaluations.what_if import WhatIfScreen
from tests.tui.states import failed
from tests.tui.stored import stored
from tests.tui.test_snapshots import LOOKS, Shown, Snapshot, settle

SUITE_IDS = {name: tuple(one.id for one in dropout.suite(name)) for name in dropout.suite_names}

FAILING = [(), ("dtype",), ("dtype", "memory"), ("scaling",), ("scaling",), ("scaling",), ("rate", "scaling"),
           ("edge_cases",), ("edge_cases", "generator"), ("generator",), ("scaling", "edge_cases"), ()]  # fmt: skip
"""Of each answer, the checks that it fails."""


def judged_before(store: Store) -> int:
    """An evaluation whose answers have all been graded by every check."""
    basic = [[id_ for id_ in ids if id_ in SUITE_IDS["basic"]] for ids in FAILING]
    prompt = load_prompt("explicit", suite="basic", mode="answer", task=dropout).text
    endings = [failed(*ids) if ids else Outcome.PASSED for ids in basic]
    number = stored(store, endings, prompt_text=prompt)
    rules = f"{dropout.version}:"
    store.keep_gradings(
        number,
        [
            KeptGrading(
                trial,
                1,
                "hard",
                rules,
                Outcome.FAILED if ids else Outcome.PASSED,
                tuple(
                    (id_, CheckStatus.FAILED if id_ in ids else CheckStatus.PASSED)
                    for id_ in SUITE_IDS["hard"]
                ),
            )
            for trial, ids in enumerate(FAILING, 1)
        ],
    )
    return number


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_what_if(snap_compare: Snapshot, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    store = Store(tmp_path / "store.sqlite3")
    number = judged_before(store)
    screen = WhatIfScreen(LiveEvaluation(number, store.state(number)), store)

    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        await pilot.press("j", "j")
        await settle(pilot)

    assert snap_compare(Shown(screen), terminal_size=size, run_before=look)
    store.close()
