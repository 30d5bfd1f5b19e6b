"""The examples of the page on integrations that need no other program run as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = re.compile(r"<!-- run by a test -->\n```python\n(.*?)```", re.DOTALL)


def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    page = (ROOT / "docs/integrations.md").read_text("utf-8")
    evaluation, rewards = (printed(example, tmp_path) for example in RUN.findall(page))
    assert sorted(line.split(":")[0] for line in evaluation[:10]) == sorted(f"Run {n}" for n in range(1, 11))
    assert evaluation[10] == "Task      dropout, suite basic"
    assert rewards == [
        "0.0 rate The fraction of zeroed elements is wrong",
        "0.0 no_code No code found: the reply is prose and holds no code",
    ]


def printed(example: str, folder: Path) -> list[str]:
    (folder / "example.py").write_text(example, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=folder, capture_output=True, text=True, timeout=110, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()
