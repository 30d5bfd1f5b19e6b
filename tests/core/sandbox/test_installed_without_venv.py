"""Where the project lies beside the standard library, an answer reaches the one and not the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.installed_python import InstalledPython
from tests.core.right_answers import RIGHT
from tests.core.sandboxes import linux_only

pytestmark = linux_only

RIGHT_ANSWERS = "dropout_core/tasks/dropout/answers/right"
READS_A_RIGHT_ANSWER = """
import os
for folder in (PACKAGES, os.path.dirname(np.__path__[0])):
    place = f"{folder}/{RIGHT_ANSWERS}/"
    try:
        others = os.listdir(place)
    except OSError:
        others = []
    for name in ("choice.txt", *others):
        try:
            found = {}
            exec(open(place + name).read(), found)
            dropout = found["dropout"]
        except OSError:
            pass
"""
IMPORTS_THE_GRADER = """
import importlib, sys
sys.path.append(PACKAGES)
importlib.invalidate_caches()
try:
    import dropout_core.tasks.dropout
except (ImportError, OSError):
    raise ValueError("out of reach")
"""
LISTS = """
import os
for folder in (PACKAGES, os.path.dirname(PACKAGES)):
    try:
        raise LookupError(os.listdir(folder))
    except PermissionError:
        pass
raise ValueError("out of reach")
"""
NEEDS_THE_STANDARD_LIBRARY = """
import importlib
importlib.invalidate_caches()
import bz2, ctypes, decimal, email.message, lzma, sqlite3, ssl, unittest.mock, wave, xml.dom.minidom
import numpy.polynomial, numpy.testing
"""


@pytest.mark.parametrize(
    "packages",
    [
        pytest.param("site-packages", marks=pytest.mark.long_run),
        pytest.param("dist-packages", marks=pytest.mark.long_run),
        "packages",
    ],
)
def test_an_answer_reads_the_standard_library_and_nothing_that_is_installed_in_it(
    tmp_path: Path, packages: str
) -> None:
    python = InstalledPython(tmp_path / "python", packages)
    place = next(tmp_path.glob(f"python/lib/*/{packages}"))
    assert (place / RIGHT_ANSWERS / "choice.txt").is_file()
    known = f"PACKAGES, RIGHT_ANSWERS = {str(place)!r}, {RIGHT_ANSWERS!r}"
    hostile = [f"{known}\n{code}" for code in (READS_A_RIGHT_ANSWER, IMPORTS_THE_GRADER, LISTS)]
    reads, imports, lists, honest = python.verdicts(
        "strict", [*hostile, RIGHT["rand"] + NEEDS_THE_STANDARD_LIBRARY]
    )
    assert {verdict["isolation"] for verdict in (reads, imports, lists, honest)} == {"full"}
    assert reads["reason"] == "No function named dropout is defined"
    assert "out of reach" in str(imports["reason"])
    assert "out of reach" in str(lists["reason"])
    assert honest["outcome"] == "passed", honest["reason"]
