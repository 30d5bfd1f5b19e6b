"""`dropout-tui config` and `completion`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dropout_tui.settings.config_file import own_config_file
from tests.tui.program import dropout_tui


def test_every_setting_says_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = own_config_file()
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(
        'runs = 30\nsuite = "strict"\nbudget = 2.5\n[keys]\n"run.pause" = "o"\n"run.cancel" = "f9"\n'
    )
    Path("dropout.toml").write_text('runs = 20\nmode = "agent"\n[keys]\n"run.pause" = "p"\n')
    done = dropout_tui(
        "config", "--json", "--tolerance", "3", "--nonce", DROPOUT_MODE="answer", DROPOUT_SEED="4"
    )

    assert (done.returncode, done.stderr) == (0, "")
    shown = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    told = {name: (line["value"], line["source"], line["where"]) for name, line in shown.items()}
    assert told["runs"] == ("20", "folder's file", "dropout.toml")
    assert told["suite"] == ("strict", "user's file", str(own))
    assert told["budget"] == ("2.5", "user's file", str(own))
    assert told["mode"] == ("answer", "environment", "DROPOUT_MODE")
    assert told["seed"] == ("4", "environment", "DROPOUT_SEED")
    assert told["tolerance"] == ("3", "flag", "--tolerance")
    assert told["nonce"] == (True, "flag", "--nonce")
    assert told["band"] == ("10-40", "default", "")
    assert told["keys.run.pause"] == ("p", "folder's file", "dropout.toml")
    assert told["keys.run.cancel"] == ("f9", "user's file", str(own))

    lines = dropout_tui("config").stdout.splitlines()
    (runs,) = (line.split() for line in lines if line.startswith("runs "))
    assert runs == ["runs", "20", "folder's", "file", "dropout.toml"]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["r"], {"run", "resume", "regrade", "review"}),
        (["run", "--mo"], {"--model", "--mode"}),
        (["run", "--mode", ""], {"answer", "agent"}),
        (["export", "7", "--format", "h"], {"html"}),
        (["export", "7", "-o", ""], set()),
        (["--the"], {"--theme"}),
    ],
)
def test_bash_completes_commands_options_and_values(words: list[str], offered: set[str]) -> None:
    asking = 'COMP_WORDS=(dropout-tui "$@"); COMP_CWORD=$#; _dropout_tui; printf "%s\\n" "${COMPREPLY[@]}"'
    script = f"{dropout_tui('completion', 'bash').stdout}\n{asking}\n"
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert set(filter(None, done.stdout.split("\n"))) == offered


def test_bash_completes_the_names_of_prompts_that_the_program_lists() -> None:
    listing = 'dropout-tui() { [ "$*" = "prompt --list" ] && printf "plain\\nplain-2\\nshort\\n"; }'
    asking = 'COMP_WORDS=(dropout-tui "$@"); COMP_CWORD=$#; _dropout_tui; printf "%s\\n" "${COMPREPLY[@]}"'
    script = f"{dropout_tui('completion', 'bash').stdout}\n{listing}\n{asking}\n"
    for words, offered in (
        (["run", "--prompt", "pl"], ["plain", "plain-2"]),
        (["sweep", "--prompts", "terse,s"], ["terse,short"]),
    ):
        done = subprocess.run(
            ["bash", "-c", script, "bash", *words], capture_output=True, text=True, check=True
        )
        assert (done.stdout.split(), done.stderr) == (offered, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_of_every_command(shell: str) -> None:
    script = dropout_tui("completion", shell).stdout
    for name in ("import", "what-if", "completion", "config"):
        assert name in script
    assert "--format" in script or "-l format" in script
    assert dropout_tui("completion", "tcsh").returncode == 2
