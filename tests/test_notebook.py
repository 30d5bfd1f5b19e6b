"""The notebook in `examples` runs as it stands."""

from __future__ import annotations

import ast
import json
import re
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest

from dropout_core.evaluation import Result

pytestmark = pytest.mark.usefixtures("kept_zygotes")

NOTEBOOK = Path(__file__).parents[1] / "examples" / "dropout_core.ipynb"
AWAITING = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


def cells() -> list[str]:
    """The code of the notebook."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


async def result_of_cells() -> Result:
    """Run them one after the other, as a notebook does: `await` may stand anywhere."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells():
        waiting = eval(compile(cell, "cell", "exec", flags=AWAITING), names)
        if isawaitable(waiting):
            await waiting
    result = names["result"]
    assert isinstance(result, Result)
    return result


async def test_its_cells_run_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    result = await result_of_cells()
    graded, passed, causes = result.graded, result.passed, result.causes
    printed = capsys.readouterr().out
    assert graded == 20
    assert f"{passed} of 20 passed" in printed
    bars = re.findall(r"│ (\w+) +│ (\d+) +│ (█+) +│", printed)
    assert [(name, int(runs), len(bar)) for name, runs, bar in bars] == [
        (name, runs, runs) for name, runs in sorted(causes.items(), key=lambda each: -each[1])
    ]
    assert sum(causes.values()) == graded - passed


def test_it_holds_no_output_and_imports_nothing_but_what_is_installed_anyway() -> None:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook["cells"])
    imported = {
        node.module.partition(".")[0]
        for node in ast.walk(ast.parse("\n".join(cells())))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert imported == {"dropout_core", "rich"}
