"""The keys of the environment stay within the program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_tui.settings.private_environment import KEYS

PROJECT = Path(__file__).parents[3]
KEY = "sk-test-7b1f"
MORE_THAN_A_PIPE_HOLDS = 1 << 20
STARTS_A_PROGRAM = """
import os, subprocess, sys
from openai import OpenAI
from dropout_tui.cli import main
main(["history", "--store", sys.argv[1]])
print(subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True).stdout)
print(os.environ["OPENAI_API_KEY"], OpenAI().api_key)
"""


def environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        **dict.fromkeys(KEYS, f"X-Key: {KEY}"),
        "ANTHROPIC_API_KEY": KEY,
        "OPENAI_API_KEY": KEY,
    }


@pytest.mark.skipif(sys.platform != "linux", reason="looks below /proc")
def test_what_the_program_was_started_with_no_longer_holds_a_key() -> None:
    command = [sys.executable, "-m", "dropout_tui", "grade", "-"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as program:
        assert program.stdin is not None
        program.stdin.write(b"\n" * MORE_THAN_A_PIPE_HOLDS)  # it reads, so it has begun
        try:
            held = Path(f"/proc/{program.pid}/environ").read_bytes()
        except PermissionError:  # all but root are refused
            held = b""
        program.kill()
    assert KEY.encode() not in held
    assert (b"PATH=" in held) == (os.geteuid() == 0)


def test_programs_that_it_starts_get_no_key_and_the_client_still_does(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", STARTS_A_PROGRAM, str(tmp_path / "store.db")],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    *_, inherited, kept = finished.stdout.splitlines()
    assert "PATH" in inherited, finished
    assert KEY not in inherited
    assert kept == f"{KEY} {KEY}"
