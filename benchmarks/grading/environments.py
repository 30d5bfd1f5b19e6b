"""The other harnesses, each installed from the package index in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path


def set_up(packages: Iterable[str], cache: Path) -> None:
    """Install each package, beside the NumPy that this project uses here.

    Raises:
        subprocess.CalledProcessError: it could not be installed.
    """
    for package in packages:
        folder = cache / package
        if not folder.exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*install, package, f"numpy=={version('numpy')}"], check=True)
        print(f"installed {package}", file=sys.stderr)
