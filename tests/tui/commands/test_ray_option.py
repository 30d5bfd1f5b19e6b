"""``--ray`` where Ray is not installed, and addresses that name nothing."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from dropout_tui.cli import main
from dropout_tui.command_line.grading_place import NOT_INSTALLED
from dropout_tui.exit_codes import EXIT_USAGE

COMMANDS = (["grade"], ["import"], ["regrade"], ["what-if"])


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_ray_there_is_one_line_and_nothing_is_graded_or_stored(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_with_what(command, tmp_path), "--ray", "auto"]) == EXIT_USAGE
    assert capsys.readouterr() == ("", f"dropout-tui: {NOT_INSTALLED}\n")
    assert [file.name for file in tmp_path.iterdir()] == ["answers.jsonl"]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_an_empty_address_is_refused(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*_with_what(command, tmp_path), "--ray="]) == EXIT_USAGE
    assert capsys.readouterr() == (
        "",
        "dropout-tui: --ray needs the address of a cluster: host:port, auto or local\n",
    )


def _with_what(command: list[str], folder: Path) -> list[str]:
    file = folder / "answers.jsonl"
    file.write_text('{"completion": "def dropout(x, p, training):\\n    return x"}\n')
    if command == ["grade"]:
        return [*command, str(file)]
    what = str(file) if command == ["import"] else "1"
    return [*command, what, "--store", str(folder / "store.sqlite3")]
