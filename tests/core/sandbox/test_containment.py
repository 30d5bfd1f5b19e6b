"""Every hostile answer is contained: no verdict changed, nothing found out, nothing touched, nothing left."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform != "linux":
    pytest.skip("the warm sandbox and its layers exist on Linux only", allow_module_level=True)

from tests.core.containment import HOSTILE_NAMES, SECRET, Gauntlet, shooting_range
from tests.core.nobody import run_as_nobody


@pytest.fixture(scope="module")
def gauntlet() -> Iterator[Gauntlet]:
    with pytest.MonkeyPatch.context() as environment, shooting_range() as place:
        environment.setenv("ANTHROPIC_API_KEY", SECRET)
        gauntlet = Gauntlet(place)
        yield gauntlet
        asyncio.run(gauntlet.close())


@pytest.mark.parametrize("name", HOSTILE_NAMES)
async def test_hostile_answers_are_contained(gauntlet: Gauntlet, name: str) -> None:
    assert await gauntlet.escapes(name) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_they_are_contained_without_root_too() -> None:
    finished = run_as_nobody(["-m", "tests.core.containment", "--attacks"])
    assert finished.stderr == ""
    report = json.loads(finished.stdout)
    assert report["user"] != 0
    assert report["tried"] >= 50
    assert report["wrong"] == {}
