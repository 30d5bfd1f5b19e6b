"""Frames that nobody sees, and are not painted.

An app without a terminal paints each of its frames and throws it away, which is a third of what its tests would do.
Here it paints when a test looks at it, and once at the end, so that what cannot be painted fails in each test.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

_updated = Compositor.render_update
_run_test = App.run_test


def seen_by_nobody(
    compositor: Compositor,
    full: bool = False,
    screen_stack: list[Screen[Any]] | None = None,
    simplify: bool = False,
) -> RenderableType | None:
    """In the place of `Compositor.render_update`: only pictures are painted, which ask for the `full` screen."""
    if full:
        return _updated(compositor, full, screen_stack, simplify)
    visible_screen_stack.set(screen_stack or [])
    compositor._dirty_regions.clear()
    return None


@asynccontextmanager
async def painted_at_the_end(app: App[Any], **options: Any) -> AsyncGenerator[Pilot[Any], None]:
    """In the place of `App.run_test`."""
    async with _run_test(app, **options) as pilot:
        yield pilot
        if app.is_running and not app._exit:
            _updated(app.screen._compositor, full=True, screen_stack=app._background_screens)


def leave_unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame is painted unless a test looks at it, but for the last one."""
    monkeypatch.setattr(Compositor, "render_update", seen_by_nobody)
    monkeypatch.setattr(App, "run_test", painted_at_the_end)
