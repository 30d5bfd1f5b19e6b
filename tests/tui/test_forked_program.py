"""Forks of the program are as good as starts, and where they would not be, it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_core.version import __version__
from tests.tui.forked_program import ForkedProgram

VERSION = f"dropout-tui {__version__}\n"


def words_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/cmdline").read_text().split("\0")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere none is forked")
def test_a_fork_is_a_child_of_who_asks_and_does_what_the_program_does(tmp_path: Path) -> None:
    missing = tmp_path / "none.py"
    waiting = ForkedProgram("grade", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert "tests.tui.warm_program" in words_of(waiting.pid)
    assert f"PPid:\t{os.getpid()}\n" in Path(f"/proc/{waiting.pid}/status").read_text()
    waiting.kill()
    waiting.communicate(timeout=60)
    assert waiting.returncode == -9
    said = ForkedProgram("--version", stdout=subprocess.PIPE)
    assert said.communicate(timeout=60) == (VERSION, None)
    refused = ForkedProgram("grade", str(missing), stderr=subprocess.PIPE)
    _, complaint = refused.communicate(timeout=60)
    assert (said.returncode, refused.returncode) == (0, 2)
    assert str(missing) in complaint


def test_what_python_reads_at_its_start_has_the_program_started() -> None:
    started = ForkedProgram(
        "--version",
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-16-le"},
        encoding="utf-16-le",
    )
    assert started.communicate(timeout=60) == (VERSION, None)
