"""The author's checklist as a command."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from tests.core.tasks_of_ones_own import NAIVE_SOFTMAX, RIGHT_SOFTMAX, SOFTMAX
from tests.messages_server import Answer, MessagesServer
from tests.tui.program import command, dropout_tui

SETTINGS = (
    "--suite", "strict", "--prompt", "terse", "--runs", "3", "--seed", "11", "--band", "20-50", "--tolerance", "2",
    "--mode", "agent", "--max-steps", "4", "--concurrency", "2", "--refusals", "void", "--tries", "2", "--nonce",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def test_it_goes_to_the_output_or_to_a_file(store: str, tmp_path: Path) -> None:
    assert (
        dropout_tui("run", "--model", "sample", "--runs", "2", "--seed", "1", "--store", store).returncode
        == 0
    )
    shown = dropout_tui("review", "1", "--store", store)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("# Review of dropout, evaluation 1\n")
    assert "say nothing about any model" in shown.stdout
    file = tmp_path / "review.md"
    written = dropout_tui("review", "1", "-o", str(file), "--store", store)
    assert (written.returncode, written.stdout) == (0, "")
    assert file.read_text(encoding="utf-8") == shown.stdout
    again = dropout_tui("review", "1", "-o", str(file), "--store", store)
    assert again.returncode == 2
    assert "--force replaces it" in again.stderr
    assert dropout_tui("review", "1", "-o", store, "--force", "--store", store).returncode == 2
    assert dropout_tui("show", "1", "--store", store).returncode == 0


def test_a_pipe_is_given_what_a_file_holds_whatever_the_encoding_of_the_terminal(
    store: str, tmp_path: Path
) -> None:
    assert dropout_tui("run", "--model", "sample", "--runs", "2", "--store", store).returncode == 0
    file = tmp_path / "review.md"
    assert dropout_tui("review", "1", "-o", str(file), "--store", store).returncode == 0
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment.pop("PYTHONIOENCODING", None)
    piped = subprocess.run(
        command("review", "1", "--store", store),
        capture_output=True,
        env=environment,
        timeout=100,
        check=True,
    )
    assert "✓".encode() in piped.stdout
    assert piped.stdout == file.read_bytes()


def test_the_command_in_it_asks_for_the_same_once_more(store: str) -> None:
    assert dropout_tui("run", "--model", "sample", *SETTINGS, "--store", store).returncode == 0
    text = dropout_tui("review", "1", "--store", store).stdout
    (command,) = re.findall(r"```sh\n(.*)\n```", text)
    program, *arguments = shlex.split(command)
    assert program == "dropout-tui"
    assert dropout_tui(*arguments, "--store", store).returncode == 0
    kept = Store(Path(store))
    try:
        assert kept.config(1) == kept.config(2)
    finally:
        kept.close()


def test_a_task_of_ones_own(store: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SOFTMAX)
    with MessagesServer() as server:
        server.play(*(Answer(f"```python\n{code}```") for code in (RIGHT_SOFTMAX, NAIVE_SOFTMAX)))
        asked = ("--base-url", server.url, "--model", "m", "--runs", "2", "--sequential", "--store", store)
        done = dropout_tui("run", "--task", str(file), *asked, "--json", ANTHROPIC_API_KEY="k")
    assert json.loads(done.stdout.splitlines()[-1])["passed"] == 1
    text = dropout_tui("review", "1", "--store", store).stdout
    assert re.search(r"- Task: .*mine\\?\.py, version 1, digest of its file [0-9a-f]{16}\n", text)
    lines = len(SOFTMAX.splitlines())
    assert (
        f"| ✓ met | The task is short enough to be reviewed: fewer than 300 lines | {lines} lines |" in text
    )
    assert (
        "| ✓ met | The prompt says exactly what is checked | it states all 3: runs, values, stable |" in text
    )
    file.unlink()
    gone = dropout_tui("review", "1", "--store", store)
    assert gone.returncode == 0
    assert "? not shown | The prompt says exactly what is checked | there is no file" in gone.stdout
