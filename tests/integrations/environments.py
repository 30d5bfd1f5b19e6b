"""Environments in which this project is installed beside another program."""

from __future__ import annotations

import hashlib
import os
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def interpreter_with(
    extra: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An interpreter of an environment with this project, installed as users do, and one of its extras. The extra is
    kept in pytest's cache, and brought up to date when the requirements change; the project is installed each time."""
    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    folder = (cache.mkdir(extra) if cache else tmp_path_factory.mktemp(extra)) / "environment"
    python = folder / "bin" / "python"
    requirements = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    complete = folder / f"complete-{requirements[:16]}"
    install = [python, "-m", "pip", "install", "--quiet"]
    if not complete.exists():
        if not python.exists():
            venv.create(folder, clear=True, with_pip=True)
        subprocess.run([*install, f"{ROOT}[{extra}]"], check=True)
        complete.touch()
    subprocess.run([*install, "--no-deps", "--force-reinstall", ROOT], check=True)
    return python


def output_of(command: list[str | Path], folder: Path, given: str = "", **environment: str) -> str:
    """Standard output of a program of such an environment, which is `given` its standard input.

    Raises:
        AssertionError: it failed.
    """
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "HF_HUB_OFFLINE": "1", **environment},
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
