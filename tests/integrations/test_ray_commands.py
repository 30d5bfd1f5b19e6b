"""The commands with ``--ray``, on a local Ray of two machines.

pytest -m integrations -n 0 tests/integrations/test_ray_commands.py
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from tests.core.right_answers import RIGHT
from tests.core.wrong_answers import WRONG
from tests.integrations.environments import interpreter_with

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]

CODES = [*RIGHT.values()][:6] + [code for code, *_ in WRONG.values()][:6]
ENDLESS = "def dropout(x, p, training):\n    while True:\n        pass"
PATIENT = {"RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "600"}
"""A cluster begins a server for each program that is no part of it, and gives that half a minute unless told."""
UNLIKE = {"seconds", "at", "started", "ended"}
"""What two gradings of the same do not share."""


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return interpreter_with("ray", request, tmp_path_factory)


@dataclass(frozen=True, slots=True)
class RunningCluster:
    """A cluster of two machines."""

    address: str
    client: str
    """Its address for programs that are no part of it."""
    commands: IO[str]

    def lose_a_machine(self) -> None:
        """Kill one, and start another."""
        self.commands.write("\n")
        self.commands.flush()


@pytest.fixture(scope="module")
def cluster(python: Path) -> Iterator[RunningCluster]:
    program = Path(__file__).with_name("ray_cluster.py")
    with subprocess.Popen(
        [python, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", **PATIENT},
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        addresses = next(line for line in running.stdout if "ray:" in line).split()
        yield RunningCluster(addresses[0], addresses[1], running.stdin)
        running.stdin.close()


@pytest.fixture(scope="module")
def address(cluster: RunningCluster) -> str:
    return cluster.address


def test_the_commands_say_the_same_on_a_cluster_and_nothing_else(
    python: Path, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps({"completion": code}) + "\n" for code in CODES))
    here, there = str(tmp_path / "here.sqlite3"), str(tmp_path / "there.sqlite3")
    for command in (
        ["grade", str(file), "--seed", "7"],
        ["import", str(file), "--seed", "7", "--store"],
        ["regrade", "1", "--suite", "hard", "--store"],
        ["what-if", "1", "--store"],
    ):
        stores = (here, there) if command[-1] == "--store" else ("--json", "--json")
        local = _said(python, [*command, stores[0], "--json"], tmp_path)
        assert local
        assert _said(python, [*command, stores[1], "--json", "--ray", address], tmp_path) == local


def test_a_machine_that_is_lost_midway_is_no_word_among_the_json(
    python: Path, cluster: RunningCluster, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps({"completion": code}) + "\n" for code in CODES * 6))
    command = ["grade", str(file), "--json", "--seed", "7"]
    with subprocess.Popen(
        [python.with_name("dropout-tui"), *command, "--ray", cluster.address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as grading:
        assert grading.stdout is not None
        first = grading.stdout.readline()
        cluster.lose_a_machine()
        rest, complaints = grading.communicate(timeout=900)
    assert complaints == ""
    there = [_alike(json.loads(line)) for line in (first + rest).splitlines()]
    assert there == _said(python, command, tmp_path)


def test_a_program_outside_the_cluster_reaches_it_by_its_client(
    python: Path, cluster: RunningCluster, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps({"completion": code}) + "\n" for code in CODES))
    command = ["grade", str(file), "--json", "--seed", "7"]
    assert _said(python, [*command, "--ray", cluster.client], tmp_path) == _said(python, command, tmp_path)


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard by programs that are started here, also where a shell has told the tests to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_it_cleanly_and_leaves_the_cluster_to_others(
    python: Path, address: str, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    answers = [CODES[0], *[ENDLESS] * 20]
    file.write_text("".join(json.dumps({"completion": code}) + "\n" for code in answers))
    with subprocess.Popen(
        [python.with_name("dropout-tui"), "grade", str(file), "--ray", address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as grading:
        assert grading.stdout is not None
        assert "SUCCESS" in grading.stdout.readline()
        grading.send_signal(signal.SIGINT)
        more, complaints = grading.communicate(timeout=300)
    assert (grading.returncode, complaints) == (130, "")
    assert "Passed:" not in more  # the last line, after all answers
    file.write_text(json.dumps({"completion": CODES[0]}))
    assert _said(python, ["grade", str(file), "--json", "--seed", "1", "--ray", address], tmp_path)


def test_an_address_without_a_cluster_is_one_line_and_nothing_is_stored(python: Path, tmp_path: Path) -> None:
    file, store = tmp_path / "answer.jsonl", ["--store", str(tmp_path / "store.sqlite3")]
    file.write_text(json.dumps({"completion": CODES[0]}))
    for address, expected in (
        ("127.0.0.1:1", "there is no Ray cluster at 127.0.0.1:1: Connection refused"),
        ("nonsense", "there is no Ray cluster to be used at nonsense: Invalid address format: nonsense"),
    ):
        for command in (["grade", str(file)], ["import", str(file), *store]):
            done = _run(python, [*command, "--ray", address], tmp_path)
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr == f"dropout-tui: --ray: {expected}\n"
    assert _said(python, ["history", "--json", *store], tmp_path) == []


def _said(python: Path, arguments: list[str], folder: Path) -> list[Any]:
    done = _run(python, arguments, folder)
    assert done.stderr == ""
    assert done.returncode in (0, 1)
    return [_alike(json.loads(line)) for line in done.stdout.splitlines()]


def _run(python: Path, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python.with_name("dropout-tui"), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=900,
    )


def _alike(value: Any) -> Any:
    """What must be the same of two gradings."""
    if isinstance(value, dict):
        return {name: _alike(one) for name, one in value.items() if name not in UNLIKE}
    return [_alike(one) for one in value] if isinstance(value, list) else value
