"""The notebook in `examples`, executed by nbclient in a real kernel.

pytest -m integrations -n 0 tests/integrations/test_notebook.py
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integrations.environments import interpreter_with, output_of
from tests.test_notebook import NOTEBOOK

pytestmark = [pytest.mark.integrations, pytest.mark.timeout(1800)]

COLOURS = re.compile(r"\x1b\[[\d;]*m")


def test_a_kernel_runs_it_to_its_end(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    python = interpreter_with("notebook", request, tmp_path_factory)
    program = Path(__file__).with_name("run_notebook.py")
    shown = COLOURS.sub("", output_of([python, program, NOTEBOOK], tmp_path))
    passed = re.search(r"^Passed +(\d+)/20$", shown, re.MULTILINE)
    assert passed, shown
    assert f"{passed[1]} of 20 passed" in shown
    bars = re.findall(r"│ \w+ +│ (\d+) +│ (█+) +│", shown)
    assert all(int(runs) == len(bar) for runs, bar in bars)
    assert sum(int(runs) for runs, _ in bars) == 20 - int(passed[1])
