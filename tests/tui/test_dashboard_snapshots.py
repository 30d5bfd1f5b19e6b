"""Pictures of the dashboard with a clock that stands still. Update with ``pytest -n 0 --snapshot-update``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from dropout_core.values.price import Price
from tests.tui.screens.dashboard.test_screen import Dashboard
from tests.tui.states import BUSY

Snapshot = Callable[..., bool]

SIZES = [(80, 24), (120, 40), (200, 60)]
KEYS = {
    "busy": (),
    "grouped": ("g", "down", "down"),
    "filtered": ("o", "slash", *"failed", "enter", "m", "j", "m"),
    "a-bar-chosen": ("v", "tab", "j", "enter"),
}
IN_ONE_SIZE = {
    ("grouped", "textual-dark", SIZES[1]),
    ("filtered", "textual-light", SIZES[1]),
    ("a-bar-chosen", "textual-dark", SIZES[0]),
}
"""What each commit looks at beside `busy`, whose places the others have in every size."""

LOOKS = [
    pytest.param(
        size,
        state,
        theme,
        id=f"{state}-{theme}-{size[0]}x{size[1]}",
        marks=() if state == "busy" or (state, theme, size) in IN_ONE_SIZE else pytest.mark.long_run,
    )
    for state, theme in [*((state, "textual-dark") for state in KEYS), ("filtered", "textual-light")]
    for size in SIZES
]


@pytest.mark.parametrize(("size", "state", "theme"), LOOKS)
def test_dashboard(snap_compare: Snapshot, state: str, size: tuple[int, int], theme: str) -> None:
    app = Dashboard(20, BUSY, "claude-haiku-4-5", Price(1, 5, "genai-prices 0.2.3"))
    app.theme = theme

    async def settle(pilot: Pilot[None]) -> None:
        await pilot.pause()
        await pilot.press(*KEYS[state])
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=settle)
