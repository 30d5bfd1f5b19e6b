"""What the user may say once and for all: theme, bell and keys, in files, the environment and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_tui.cli import main
from dropout_tui.commands import dispatch
from dropout_tui.settings.config_file import SettingsProblem, gather, own_config_file


def test_the_file_of_the_directory_wins_over_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    own = own_config_file()
    own.parent.mkdir(parents=True)
    own.write_text('theme = "nord"\nbell = false\nruns = 3\n[keys]\n"run.pause" = "p"\nrun.rerun = "f6"\n')
    Path("dropout.toml").write_text('theme = "dracula"\n[keys]\n"run.pause" = "z"\n')
    settings = gather({}, {})
    assert (settings.theme, settings.bell, settings.texts) == ("dracula", False, {"runs": "3"})
    assert settings.keys == {"run.pause": "z", "run.rerun": "f6"}
    assert gather({"theme": "monokai"}, {"DROPOUT_THEME": "nord", "DROPOUT_BELL": "on"}).theme == "monokai"
    assert gather({}, {"DROPOUT_BELL": "on"}).bell


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("keys = 3", "keys is a table"),
        ("bell = 3", "bell is 3; write true or false"),
        ("bel = true", "unknown key 'bel'"),
    ],
)
def test_an_invalid_setting_is_one_line_that_names_the_file(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "dropout.toml"
    file.write_text(text)
    with pytest.raises(SettingsProblem) as raised:
        gather({}, {}, file)
    assert problem in str(raised.value)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("arguments", [["--theme", "nrod"], ["--demo", "--theme", "nrod"]])
def test_an_unknown_theme_is_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dispatch, "_has_terminal", lambda: True)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "there is no theme 'nrod'; the themes are" in error
    assert "ansi-dark" in error
    assert error.count("\n") == 1


def test_the_demo_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--demo"]) == 2
    assert "--demo needs a terminal" in capsys.readouterr().err


def test_keys_lists_every_action_with_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dropout.toml").write_text('[keys]\n"run.pause" = "f6"\n')
    assert main(["keys"]) == 0
    listed = capsys.readouterr().out
    (pause,) = [line.split() for line in listed.splitlines() if " run.pause " in line]
    assert pause[:2] == ["run.pause", "f6"]
    Path("dropout.toml").write_text('[keys]\n"run.pase" = "f6"\n')
    assert main(["keys"]) == 2
    assert "did you mean run.pause?" in capsys.readouterr().err


@pytest.mark.parametrize("no_key", ['""', '"  "', "31", "true", '["f6"]'])
def test_an_invalid_key_is_reported_with_the_keys_and_stops_nothing_else(
    no_key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dropout.toml").write_text(f'[keys]\n"answer.copy" = {no_key}\n"run.pause" = "f6"\n')
    assert main(["keys"]) == 2
    told = capsys.readouterr()
    assert told.err.startswith('dropout-tui: keys: answer.copy = "')
    assert told.err.count("\n") == 1
    keys = {words[0]: words[1] for line in told.out.splitlines() if len(words := line.split()) > 1}
    assert (keys["answer.copy"], keys["run.pause"]) == ("y", "f6")
    assert main(["history", "--store", str(tmp_path / "none.sqlite3")]) == 2
    assert "keys:" not in capsys.readouterr().err
