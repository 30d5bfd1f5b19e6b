"""What a test sees of a running app, and waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App
from textual.pilot import Pilot

PATIENCE = 90.0
"""Seconds after which what a test waits for is taken not to come."""


def text_on_screen(app: App[Any]) -> str:
    """The characters of the terminal, line by line."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[Any], condition: Callable[[], object]) -> None:
    """Let the app run until `condition` holds.

    Raises:
        TimeoutError: it does not come to hold.
    """
    # To look is often to draw the whole screen: who waits for longer looks less often. A pause of the pilot would have
    # each widget answer each time.
    seconds = 0.01
    async with asyncio.timeout(PATIENCE):
        while not condition() and not pilot.app._exception_event.is_set():
            await asyncio.sleep(seconds)
            seconds = min(1.5 * seconds, 0.1)
    await pilot.pause()
