"""The examples of the page on integrations that need no other program run as they stand."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("kept_zygotes")

ROOT = Path(__file__).parents[1]
RUN = re.compile(r"<!-- run by a test -->\n```python\n(.*?)```", re.DOTALL)


def test_the_examples_run_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def printed(example: str) -> list[str]:
        Path("example.py").write_text(example, encoding="utf-8")
        runpy.run_path("example.py", run_name="__main__")
        output, errors = capsys.readouterr()
        assert errors == ""
        return output.splitlines()

    page = (ROOT / "docs/integrations.md").read_text("utf-8")
    evaluation, rewards = (printed(example) for example in RUN.findall(page))
    assert sorted(line.split(":")[0] for line in evaluation[:10]) == sorted(f"Run {n}" for n in range(1, 11))
    assert evaluation[10] == "Task      dropout, suite basic"
    assert rewards == [
        "0.0 rate The fraction of zeroed elements is wrong",
        "0.0 no_code No code found: the reply is prose and holds no code",
    ]
