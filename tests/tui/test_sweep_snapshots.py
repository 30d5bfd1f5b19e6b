"""Pictures of the screen of a sweep. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from dropout_tui.screens.sweep.screen import SweepScreen
from tests.tui import states
from tests.tui.gallery_trial import StoredConversations
from tests.tui.sweeps import mixed
from tests.tui.test_snapshots import LOOKS, Shown, Snapshot, settle


@pytest.mark.parametrize(("size", "theme"), LOOKS)
def test_sweep(snap_compare: Snapshot, size: tuple[int, int], theme: str) -> None:
    screen = SweepScreen(mixed(), StoredConversations(), clock=lambda: states.T0 + 300)

    async def look(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)

    assert snap_compare(Shown(screen), terminal_size=size, run_before=look)
