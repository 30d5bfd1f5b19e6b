"""A Python into which this project is installed as in a container: beside the standard library, without a virtual
environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).parents[2]
GRADES = """
import asyncio, json, sys
from dropout_core import Grader

async def verdicts(suite, codes):
    async with Grader(suite, workers=1) as grader:
        return [(await grader.grade(code, 1)).to_json() for code in codes]

print(json.dumps(asyncio.run(verdicts(*json.load(sys.stdin)))))
"""


class InstalledPython:
    """It is in `prefix`, a new folder: the standard library's files are links to those of the running Python, and the
    packages lie among them."""

    def __init__(self, prefix: Path, packages: str = "site-packages") -> None:
        standard = Path(sysconfig.get_paths()["stdlib"])
        library = prefix / "lib" / standard.name
        library.mkdir(parents=True)
        for path in standard.iterdir():
            if path.name not in ("site-packages", "dist-packages"):
                (library / path.name).symlink_to(path)
        for path in Path(sys.base_prefix, "lib").glob("libpython*"):
            (prefix / "lib" / path.name).symlink_to(path)
        self._packages = library / packages
        self._packages.mkdir()
        shutil.copytree(
            PROJECT / "dropout_core",
            self._packages / "dropout_core",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        for name in ("numpy", "numpy.libs"):
            if (found := Path(np.__file__).parents[1] / name).exists():
                (self._packages / name).symlink_to(found)
        (prefix / "bin").mkdir()
        self._executable = prefix / "bin" / standard.name
        shutil.copy(os.path.realpath(sys.executable), self._executable)

    def verdicts(self, suite: str, codes: list[str]) -> list[dict[str, object]]:
        """What its own grader says of these answers."""
        finished = subprocess.run(
            [str(self._executable), "-P", "-c", GRADES],
            input=json.dumps([suite, codes]),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self._packages)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        said: list[dict[str, object]] = json.loads(finished.stdout)
        return said
