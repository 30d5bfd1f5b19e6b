"""What the self-test finds, and what is made of it."""

from __future__ import annotations

import asyncio
import json
import platform
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from dropout_core.sandbox import Call, Returned, SandboxBroken, SandboxTooWeak
from dropout_core.sandbox.isolation import ATTEMPTS, UNPROTECTED, Isolation
from dropout_core.sandbox.opening import BestSandbox, WeakSandboxWarning, open_sandbox
from dropout_core.sandbox.processes.fresh_process import FreshProcess
from tests.core.sandboxes import linux_only

PROJECT = Path(__file__).parents[3]
CALLS = [Call(np.ones(3), 0.5, True)]
IDENTITY = "def dropout(x, p, training): return x"


@pytest.mark.parametrize(
    ("possible", "level", "weak"),
    [
        (set(), "full", False),
        ({"read_file"}, "weak: no landlock", True),
        ({"read_environment"}, "weak: no landlock", True),
        ({"read_file", "read_grader", "read_environment"}, "weak: no landlock", True),
        ({"read_grader"}, "weak: the grader can be read", True),
        ({"read_grader", "limit"}, "weak: the grader can be read", True),
        ({"send_datagram"}, "partial: no seccomp", False),
        ({"send_datagram", "limit", "start_process", "signal"}, "partial: no seccomp", False),
        ({"use_memory"}, "partial: no memory limit", False),
        ({"use_memory", "limit"}, "partial: no seccomp, no memory limit", False),
        ({"trace"}, "weak", True),
        ({"send_datagram", "read_file"}, "weak", True),
        ({"connect"}, "weak", True),
        ({"write_file"}, "weak", True),
        (set(ATTEMPTS), "weak", True),
    ],
)
def test_the_level_follows_from_what_was_possible(possible: set[str], level: str, weak: bool) -> None:
    isolation = Isolation(frozenset(possible))
    assert (isolation.level, isolation.is_weak) == (level, weak)


@pytest.mark.parametrize(
    "possible", [(), ("read_file",), ("read_grader",), ("limit",), ("use_memory",), tuple(ATTEMPTS)]
)
def test_every_level_is_explained(possible: tuple[str, ...]) -> None:
    explained = (PROJECT / "docs" / "isolation.md").read_text(encoding="utf-8")
    assert f"\n| `{Isolation(frozenset(possible)).level}` | " in explained


def test_what_is_not_protected_is_described_in_words() -> None:
    assert Isolation(frozenset()).unprotected == ""
    assert Isolation(frozenset({"write_file"})).unprotected == "write files"
    assert (
        Isolation(frozenset({"write_file", "connect"})).unprotected
        == "write files and open network connections"
    )
    assert UNPROTECTED.unprotected.count(",") == len(ATTEMPTS) - 2


@linux_only
@pytest.mark.parametrize(
    ("layers", "level"),
    [
        (("user", "landlock", "seccomp"), "full"),
        (("user", "seccomp"), "weak: no landlock"),
        (("user", "landlock"), "partial: no seccomp"),
    ],
)
@pytest.mark.usefixtures("kept_zygotes")
async def test_the_self_test_tells_which_layers_are_there(layers: tuple[str, ...], level: str) -> None:
    from dropout_core.sandbox.processes.warm_process import WarmProcess

    sandbox = WarmProcess(workers=1, layers=layers)
    assert sandbox.isolation == "not tested yet"
    assert (await sandbox.tested()).level == level
    assert sandbox.isolation == level
    await sandbox.close()


@linux_only
@pytest.mark.usefixtures("kept_zygotes")
async def test_without_any_layer_everything_is_possible_but_what_the_kernel_refuses_anyway() -> None:
    from dropout_core.sandbox.processes.warm_process import WarmProcess

    sandbox = WarmProcess(workers=1, layers=())
    isolation = await sandbox.tested()
    await sandbox.close()
    assert isolation.level == "weak"
    assert isolation.possible >= {
        "read_file",
        "read_grader",
        "write_file",
        "connect",
        "send_datagram",
        "signal",
    }


KERNEL = """
import asyncio, json, struct, sys
from dropout_core.sandbox import SandboxTooWeak; from dropout_core.sandbox.inside import kernel
from dropout_core.sandbox.opening import open_sandbox

def refuse(numbers):
    instructions = [(0x20, 0, 0, 0)]
    for number in numbers: instructions += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | 38)]
    instructions.append((0x06, 0, 0, 0x7FFF0000))
    import ctypes
    program = b"".join(struct.pack("<HBBI", *one) for one in instructions)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(instructions), ctypes.addressof(buffer)), 16)
    kernel.prctl(38, 1)
    kernel.prctl(22, 2, ctypes.addressof(header))

async def main():
    for allow_weak in (False, True):
        try:
            sandbox = await open_sandbox(allow_weak=allow_weak, workers=1)
        except SandboxTooWeak as error:
            assert str(error).endswith("; use --allow-weak-sandbox to run it all the same"), error
            print(json.dumps("refused"))
        else:
            print(json.dumps(sandbox.isolation))
            await sandbox.close()

refuse(json.loads(sys.argv[1]))
asyncio.run(main())
"""


WITHOUT_LANDLOCK = ["refused", "weak: no landlock"]


@linux_only
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        pytest.param([444], WITHOUT_LANDLOCK, marks=pytest.mark.long_run),
        ([157, 317], None),
        ([444, 117], WITHOUT_LANDLOCK),
    ],
)
def test_a_kernel_without_a_layer_gives_what_it_has(missing: list[int], said: list[str] | None) -> None:
    """444: Landlock. 117: to become another user. 157 is `prctl`, without which there is nothing at all."""
    finished = subprocess.run(
        [sys.executable, "-c", KERNEL, json.dumps(missing)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if said is None:
        assert "SandboxBroken: the sandbox process did not start" in finished.stderr
    else:
        assert [json.loads(line) for line in finished.stdout.splitlines()] == said, finished.stderr


async def test_a_weak_sandbox_is_refused_with_the_reason_in_one_line() -> None:
    with pytest.raises(SandboxTooWeak) as raised:
        await open_sandbox(force="fresh")
    assert str(raised.value).startswith("on this system untrusted code could read your files, ")
    assert str(raised.value).endswith("; use --allow-weak-sandbox to run it all the same")
    assert "\n" not in str(raised.value)


async def test_a_weak_sandbox_is_given_to_who_asks_for_it() -> None:
    sandbox = await open_sandbox(allow_weak=True, force="fresh")
    assert isinstance(sandbox, FreshProcess)
    assert sandbox.isolation == "weak"
    await sandbox.close()


@linux_only
@pytest.mark.usefixtures("kept_zygotes")
async def test_linux_gets_the_warm_one_tested() -> None:
    sandbox = await open_sandbox(workers=1)
    assert sandbox.isolation != "not tested yet"
    (result,) = (await sandbox.call(IDENTITY, CALLS, seed=1)).results
    assert isinstance(result, Returned)
    await sandbox.close()


async def test_elsewhere_there_is_the_fresh_one_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxBroken, match="no warm sandbox on darwin"):
        await open_sandbox(force="warm")
    with pytest.raises(SandboxTooWeak):
        await open_sandbox()
    sandbox = await open_sandbox(allow_weak=True)
    assert isinstance(sandbox, FreshProcess)
    await sandbox.close()


async def test_from_python_a_weak_sandbox_warns_refuses_or_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    warned = BestSandbox()
    with pytest.warns(WeakSandboxWarning, match="could read your files"):
        (result,) = (await warned.call(IDENTITY, CALLS, seed=1)).results
    assert isinstance(result, Returned)
    assert warned.isolation == "weak"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (await warned.evaluate("print(1)")).stdout == "1\n"
        silent = BestSandbox(allow_weak=True)
        assert (await silent.evaluate("print(1)")).stdout == "1\n"
    refused = BestSandbox(allow_weak=False)
    for _ in range(2):
        with pytest.raises(SandboxTooWeak):
            await refused.evaluate("1")
    for sandbox in (warned, silent, refused, BestSandbox()):
        await sandbox.close()


@pytest.mark.usefixtures("kept_zygotes")
async def test_the_best_sandbox_is_opened_once_however_many_ask() -> None:
    best = BestSandbox(allow_weak=True, workers=1)
    results = await asyncio.gather(*(best.evaluate(f"print({number})") for number in range(4)))
    assert [result.stdout for result in results] == ["0\n", "1\n", "2\n", "3\n"]
    await best.close()


async def test_a_sandbox_that_nobody_waited_for_is_closed_too() -> None:
    sandbox = BestSandbox(allow_weak=True)
    impatient = asyncio.create_task(sandbox.evaluate("1"))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    await sandbox.close()
    with pytest.raises(SandboxBroken, match="closed"):
        await sandbox.evaluate("1")
