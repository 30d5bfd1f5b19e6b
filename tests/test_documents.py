"""Files, folders and modules that the documents name are there."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
PATH = re.compile(r"(?<![\w./])((?:dropout_core|dropout_tui|benchmarks|tests|docs)/[\w/.-]*[\w/])")
MODULE = re.compile(r"python -m ((?:dropout_core|dropout_tui|benchmarks|docs)[\w.]*\w)")
INSPECT = {"dropout_core/dropout", "dropout_core/verdict"}
"""Names by which Inspect finds a task and a scorer; they look like paths."""
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_and_folder_that_is_named_exists(document: str) -> None:
    named = PATH.findall((ROOT / document).read_text("utf-8"))
    assert [path for path in named if path not in INSPECT and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_that_is_to_be_run_exists(document: str) -> None:
    named = MODULE.findall((ROOT / document).read_text("utf-8"))
    assert [module for module in named if find_spec(module) is None] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_leads_to_a_file(document: str) -> None:
    folder = (ROOT / document).parent
    linked = LINK.findall((ROOT / document).read_text("utf-8"))
    assert [link for link in linked if not (folder / link).exists()] == []


def test_the_documents_name_files_modules_and_links() -> None:
    text = "".join((ROOT / document).read_text("utf-8") for document in DOCUMENTS)
    assert min(len(pattern.findall(text)) for pattern in (PATH, MODULE, LINK)) > 5


@pytest.mark.parametrize("package", ["dropout_core", "dropout_tui"])
def test_the_map_has_every_package(package: str) -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    inside = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert {name for name in inside if f"{package}/{name}/" not in text} == set()
