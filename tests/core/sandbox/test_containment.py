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

from tests.core.attacks import ATTACKS
from tests.core.containment import HOSTILE_NAMES, SECRET, Gauntlet, shooting_range
from tests.core.nobody import run_as_nobody


@pytest.fixture(scope="module")
def gauntlet() -> Iterator[Gauntlet]:
    with pytest.MonkeyPatch.context() as environment, shooting_range() as place:
        environment.setenv("ANTHROPIC_API_KEY", SECRET)
        gauntlet = Gauntlet(place)
        yield gauntlet
        asyncio.run(gauntlet.close())


LIKE_OTHERS = (
    *("endless loop at import", "an endless loop that no signal handler interrupts", "10 GB in parts"),
    "1 GB on standard output",
    *("NaN", "infinity", "complex", "nothing", "a list", "huge, by broadcasting"),
    *("not Python", "indentation", "empty", "no such function", "not a function", "no such parameter"),
    *("finds its callers when what it returned goes", "finds its callers when its argument goes"),
    *("finds its callers when memory is tidied", "finds its callers when a record is encoded"),
    *("sys.exit at import", "os._exit at import", "many dimensions", "itself", "NUL"),
)
"""For long runs. In each commit there are the endless loop in a call, that which ignores signals, the 10 GB at once,
garbage in every descriptor, seven other ways to the callers, exits in a call, and other values and texts that fall
apart; what a sandbox says of these is tried in `test_sandbox`."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long_run) if name in LIKE_OTHERS else name
        for name in HOSTILE_NAMES
    ],
)
async def test_hostile_answers_are_contained(gauntlet: Gauntlet, name: str) -> None:
    assert await gauntlet.escapes(name) == []


OF_EACH_KIND = (
    "writes a file with raw system calls",
    "removes a file",
    "changes modes, owners and times",
    "reads a file by way of other folders",
    "reads a file from a handle",
    "looks into the environment of others",
    "looks into the memory of others",
    "reads the memory of others with a system call",
    "traces others",
    "takes descriptors of others",
    "opens a TCP connection with raw system calls",
    "sends a datagram",
    "kills everything",
    "kills with other system calls",
    "limits other processes",
    "slows other processes down",
    "runs programs",
    "forks with raw system calls",
    "enters new namespaces",
    "becomes root again",
    "lifts its own limits",
    "reads the results and the request back",
)
"""Of the attacks, one or two for each thing that is attacked, and those that root is kept from in another way."""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(OF_EACH_KIND, id="of each kind"),
        pytest.param(tuple(ATTACKS), id="all", marks=pytest.mark.long_run),
    ],
)
def test_they_are_contained_without_root_too(names: tuple[str, ...]) -> None:
    finished = run_as_nobody(["-m", "tests.core.containment", *names])
    assert finished.stderr == ""
    report = json.loads(finished.stdout)
    assert report["user"] != 0
    assert report["tried"] == len(names)
    assert report["wrong"] == {}
