"""An exported log, read by Inspect AI itself.

    pytest -m inspect -n 0

Installs it into an environment of its own, in pytest's cache, where the next run finds it.
"""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path

import pytest

from dropout_core.reports.inspect_log import inspect_log
from dropout_core.reports.writing import write_whole
from tests.core.reports.test_reports import HOSTILE, every_block, hostile, record

pytestmark = [pytest.mark.inspect, pytest.mark.timeout(900)]

REQUIREMENT = "inspect-ai==0.3.285"
READER = """
import json, sys
from inspect_ai.log import read_eval_log, recompute_metrics

log = read_eval_log(sys.argv[1])
recompute_metrics(log)
print(json.dumps([
    [[score.scored_samples, score.unscored_samples, score.metrics["accuracy"].value] for score in log.results.scores],
    log.samples[0].messages[1].tool_calls[0].function,
]))
"""


@pytest.fixture(scope="module")
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has Inspect."""
    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    folder = (cache.mkdir("inspect") if cache else tmp_path_factory.mktemp("inspect")) / "environment"
    complete = folder / REQUIREMENT
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [folder / "bin" / "python", "-m", "pip", "install", "--quiet", REQUIREMENT], check=True
        )
        complete.touch()
    return folder / "bin" / "python"


def test_inspect_reads_its_log_and_counts_the_same(python: Path, tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    write_whole(path, inspect_log(record(hostile(HOSTILE), *every_block(HOSTILE))))
    # Isolated, so that neither this checkout nor its packages are found.
    done = subprocess.run(
        [python, "-I", "-c", READER, path], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    scores, called = json.loads(done.stdout.splitlines()[-1])
    assert scores == [[2, 1, 0.5]]
    assert called == "python_expression"
