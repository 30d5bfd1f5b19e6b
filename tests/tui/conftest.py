"""What the tests of the terminal share."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual.app import ScreenStackError
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot, WaitForScreenTimeout

from tests.tui.frames import leave_unpainted

QUIET_TURNS = 3
"""Turns of the loop in a row in which nothing but the test had anything to do."""
A_MOMENT = 0.02
"""Seconds in which what threads have finished arrives, and the next frame; Textual's own least wait."""
MOST_TURNS = 1_000
"""For an app that never rests."""


async def until_nothing_is_ready(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait for an app to be idle, and let it do what is left to do.

    Textual takes a process that uses little processor time for idle: one that shows a clock never is, and on a busy
    machine it may only not have got any.
    """
    await asyncio.sleep(A_MOMENT)
    await until_the_loop_rests()


async def until_the_loop_rests() -> None:
    """Wait until nothing but the test has anything to do for `QUIET_TURNS`."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    quiet = 0
    for _ in range(MOST_TURNS):
        await asyncio.sleep(0)
        quiet = 0 if ready else quiet + 1
        if quiet == QUIET_TURNS:
            break


async def until_keys_are_heard(pilot: Pilot[Any], timeout: float = 30.0) -> bool:  # noqa: ASYNC109
    """Wait for those who hear keys to have done what they were told to, then for all others to have nothing to do.

    Textual has each widget of the screen answer, after each key.
    """
    app = pilot.app
    try:
        screen = app.screen
    except ScreenStackError:
        return False
    focused = () if screen.focused is None else screen.focused.ancestors_with_self
    answers = []
    for hearing in {app, screen, *focused}:
        answered = asyncio.Event()
        if hearing.call_later(answered.set):
            answers.append(answered.wait())
    waiting = asyncio.gather(*answers)
    broken: asyncio.Future[Any] = asyncio.ensure_future(app._exception_event.wait())
    done, _ = await asyncio.wait({waiting, broken}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    broken.cancel()
    if not done:
        raise WaitForScreenTimeout("Timed out while waiting for those who hear keys.")
    await until_the_loop_rests()
    return waiting in done


_parse = Stylesheet._parse_rules
_PARSED: dict[object, list[RuleSet]] = {}


def parsed_once(sheet: Stylesheet, css: str, *arguments: Any, **named: Any) -> list[RuleSet]:
    """The rules of a style sheet; every app and every screen would parse the same again."""
    key = css, arguments, frozenset(named.items()), frozenset(sheet._variables.items())
    if key not in _PARSED:
        _PARSED[key] = _parse(sheet, css, *arguments, **named)
    return _PARSED[key]


@pytest.fixture(autouse=True)
def style_sheets_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For all apps of a process."""
    monkeypatch.setattr(Stylesheet, "_parse_rules", parsed_once)


@pytest.fixture
def each_frame() -> None:
    """All frames are painted, for tests of what is painted when."""


@pytest.fixture(autouse=True)
def frames_that_nobody_sees_are_not_painted(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """See `tests.tui.frames`."""
    if "each_frame" not in request.fixturenames:
        leave_unpainted(monkeypatch)


@pytest.fixture(autouse=True)
def no_sandbox_waits_for_a_process(kept_zygotes: None) -> None:
    """What is tested here comes after the sandbox has started."""


@pytest.fixture(autouse=True)
def a_starved_app_is_not_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that a test presses have done what they do before it looks."""
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", until_nothing_is_ready)
    monkeypatch.setattr(Pilot, "_wait_for_screen", until_keys_are_heard)
