"""The README shows what there is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_core.audit.corpus import built_in_answers
from dropout_tui.keys.key_table import key_document, key_sections
from dropout_tui.keys.keymap import checked_keys
from dropout_tui.settings.config_file import gather
from tests.tui.program import Done, dropout_tui

pytestmark = pytest.mark.usefixtures("kept_zygotes")

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_of_keys_is_that_of_the_bindings() -> None:
    page = (ROOT / "docs/keys.md").read_text(encoding="utf-8")
    assert page == key_document(), "stale: run python -m dropout_tui.keys.key_table"


def test_the_table_holds_every_action_once() -> None:
    ids = [row.identity for section in key_sections() for row in section.rows]
    assert len(ids) == len(set(ids))
    assert {"run.pause", "trial.resume", "app.palette", "answer.edit"} <= set(ids)


@pytest.mark.parametrize("picture", re.findall(r"\]\((docs/pictures/[^)]+)\)", README))
def test_every_picture_is_there(picture: str) -> None:
    assert (ROOT / picture).read_text(encoding="utf-8").startswith("<svg")


def test_the_example_of_a_configuration_can_be_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "dropout.toml"
    file.write_text("\n".join(line.removeprefix("  ") for line in example.splitlines()))
    settings = gather({}, {}, file)
    assert settings.theme == "nord"
    assert not settings.bell
    checked = checked_keys(settings.keys)
    assert checked.problems == ()
    assert checked.keymap["run.pause"] == "p"


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("{}", id="code", marks=pytest.mark.long_run),
        pytest.param("It draws a mask.\n\n```python\n{}```\n", id="reply"),
    ],
)
def test_the_example_in_python_runs_as_it_stands(form: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    (tmp_path / "answer.py").write_text(form.format(built_in_answers()[0].code), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("passed All tests passed! [")
    assert done.stdout.splitlines()[1:] == ["passed"] * 3


def in_a_shell(line: str) -> Done:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(line, shell=True, capture_output=True, text=True, timeout=100, env=environment)


@pytest.mark.timeout(600)  # some thirty commands, each as slow as the machine is busy
def test_the_commands_without_a_screen_run_one_after_the_other_in_a_fresh_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an empty store: those for a shell in one, the others in this process. ``audit`` takes minutes, and has tests
    of its own."""
    (section,) = re.findall(r"## Without a screen\n\n```sh\n(.*?)```", README, re.DOTALL)
    commands = [line for line in section.splitlines() if not line.startswith("dropout-tui audit")]
    assert len(commands) > 10
    (tmp_path / "dropout_core").symlink_to(ROOT / "dropout_core")
    monkeypatch.chdir(tmp_path)
    # With another seed the endless loop among the built-in answers may come, which takes ten seconds of the processor.
    monkeypatch.setenv("DROPOUT_SEED", "1")
    for line in commands:
        program, *words = shlex.split(line, comments=True)
        assert program == "dropout-tui"
        done = in_a_shell(line) if {">", "|", "&&"} & set(words) else dropout_tui(*words)
        assert done.returncode == (1 if "grade" in words else 0), (line, done.stderr)
        nothing_left = "resume" in words and "nothing was run" in done.stderr
        assert nothing_left or not done.stderr.startswith("dropout-tui:"), line
    assert "def dropout(" in (tmp_path / "answer.py").read_text()
    assert (tmp_path / "1.html").read_text().startswith("<!")
