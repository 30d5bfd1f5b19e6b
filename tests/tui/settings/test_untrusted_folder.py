"""A folder that may be anybody's: changing into it and starting the program there harms nobody.

With a key in the environment, and a real server that would take it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pytest

from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.files.text_file import TextUnreadable
from dropout_tui.settings.config_file import (
    KEYS,
    SCREEN_SWITCHES,
    SCREEN_TEXTS,
    SWITCHES,
    TEXT_OPTIONS,
    gather,
)
from dropout_tui.settings.folder_settings import HARMLESS
from tests.messages_server import MessagesServer
from tests.tui.program import Done, command, dropout_tui

ROOT = Path(__file__).parents[3]
KEY = "not-of-the-usual-shape/0123456789"
HARMFUL = ("api", "base-url", "base_url", "store", "budget", "max-total-tokens", "price", "set")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "somebodys"
    place.mkdir()
    return place


def in_folder(folder: Path, *arguments: str, **environment: str) -> Done:
    """The program, started there."""
    with contextlib.chdir(folder):
        return dropout_tui(*arguments, ANTHROPIC_API_KEY=KEY, **environment)


def process_in_folder(folder: Path, *arguments: str, **environment: str) -> Done:
    """The same as a process, which has the key in the environment that it was started with."""
    return subprocess.run(
        command(*arguments), cwd=folder, capture_output=True, text=True, timeout=100, check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ANTHROPIC_API_KEY": KEY, **environment},
    )  # fmt: skip


def own_file() -> Path:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "dropout-tui" / "dropout.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def value_of(key: str, server: MessagesServer, folder: Path) -> str:
    values = {"base-url": server.url, "base_url": server.url, "store": str(folder / "made.db"), "price": "0,0",
              "budget": "1000", "max-total-tokens": "1000000"}  # fmt: skip
    return (
        f"{key} = {json.dumps(values[key])}\n" if key in values else f"[{key}]\nservice_tier = 'priority'\n"
    )


@pytest.mark.parametrize(
    "arguments", [("run", "--model", "m", "--runs", "1"), ("history",), ("keys",), ("serve",)]
)
def test_a_key_that_could_do_harm_is_refused_in_one_line(
    arguments: tuple[str, ...], folder: Path, messages_server: MessagesServer
) -> None:
    for key in HARMFUL:
        (folder / "dropout.toml").write_text(value_of(key, messages_server, folder))
        done = in_folder(folder, *arguments)
        name = key.replace("-", "_")
        assert (done.returncode, done.stdout) == (2, ""), key
        (line,) = done.stderr.splitlines()
        for words in (
            f"dropout.toml: {name} is not taken",
            f"--{name.replace('_', '-')}",
            f"DROPOUT_{name.upper()}",
        ):
            assert words in line
        assert str(own_file()) in line
        assert messages_server.requests == []
        assert [file.name for file in folder.iterdir()] == ["dropout.toml"]


def test_a_process_started_in_the_folder_refuses_it_too(
    folder: Path, messages_server: MessagesServer
) -> None:
    (folder / "dropout.toml").write_text(value_of("base_url", messages_server, folder))
    done = process_in_folder(folder, "run", "--model", "m", "--runs", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "dropout.toml: base_url is not taken" in done.stderr
    assert messages_server.requests == []


def test_every_option_is_either_harmless_or_refused() -> None:
    """A new option is to be judged, not to slip in."""
    options = {*TEXT_OPTIONS, *SWITCHES, *SCREEN_TEXTS, *SCREEN_SWITCHES, KEYS}
    harmful = {key.replace("-", "_") for key in HARMFUL}
    assert options - HARMLESS == harmful | {"prompt", "system", "task"}


def test_what_is_harmless_is_taken_and_flags_and_environment_win(folder: Path, tmp_path: Path) -> None:
    own_file().write_text('runs = 9\nsuite = "strict"\nsequential = true\n')
    (folder / "dropout.toml").write_text(
        'model = "sample"\nruns = 3\nconcurrency = 2\nband = "5-95"\nseed = 4\ntheme = "nord"\nbell = false\n'
        '[keys]\n"run.pause" = "p"\n'
    )

    def settings(*arguments: str, **environment: str) -> dict[str, object]:
        store = ("--store", str(tmp_path / "s.db"))
        done = in_folder(folder, "run", "--json", *store, *arguments, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        last: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
        return {"runs": last["runs"], "band": last["band"]}

    assert settings() == {"runs": 3, "band": [0.05, 0.95]}
    assert settings(DROPOUT_RUNS="2") == {"runs": 2, "band": [0.05, 0.95]}
    assert settings("--runs", "1", "--band", "10-40", DROPOUT_RUNS="2") == {"runs": 1, "band": [0.1, 0.4]}


def test_the_users_own_file_may_set_everything(
    folder: Path, tmp_path: Path, messages_server: MessagesServer
) -> None:
    (tmp_path / "task.txt").write_text("Write dropout, please.")
    own_file().write_text(
        f'model = "m"\nbase-url = "{messages_server.url}"\nstore = "{tmp_path / "own.db"}"\nbudget = 1000\n'
        f'price = "1,5"\nprompt = "{tmp_path / "task.txt"}"\n'
    )
    done = in_folder(folder, "run", "--runs", "1")
    assert done.returncode == 0, done.stderr
    assert "Write dropout, please." in json.dumps(messages_server.requests[-1].body)
    assert (tmp_path / "own.db").exists()


@pytest.mark.parametrize(
    ("way", "option"),
    [
        # The environment of the program itself needs a process.
        pytest.param(
            way, option, marks=pytest.mark.long_run if (way, option) == ("environment", "system") else ()
        )
        for way in ("absolute", "up", "home", "link", "linked folder", "environment", "device", "folder")
        for option in ("prompt", "system")
    ],
)
def test_a_prompt_of_another_place_is_not_read(
    way: str, option: str, folder: Path, tmp_path: Path, messages_server: MessagesServer
) -> None:
    private = tmp_path / "home" / "private.txt"
    private.parent.mkdir()
    private.write_text("the user's own words")
    (folder / "link").symlink_to(private)
    (folder / "linked").symlink_to(private.parent)
    (folder / "environment").symlink_to("/proc/self/environ")
    path = {
        "absolute": str(private), "up": "../home/private.txt", "home": "~/private.txt", "link": "link",
        "linked folder": "linked/private.txt", "environment": "environment", "device": "/dev/zero", "folder": ".",
    }[way]  # fmt: skip
    (folder / "dropout.toml").write_text(f'{option} = "{"@" if option == "system" else ""}{path}"\n')
    started = process_in_folder if way == "environment" else in_folder
    done = started(
        folder, "run", "--model", "m", "--base-url", messages_server.url, "--runs", "1", "--store",
        str(tmp_path / "s.db"), HOME=str(private.parent),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"dropout.toml: {option}" in line
    assert "own words" not in line
    assert KEY not in line
    assert messages_server.requests == []


def test_a_prompt_of_the_folder_is_read(
    folder: Path, tmp_path: Path, messages_server: MessagesServer
) -> None:
    (folder / "tasks").mkdir()
    (folder / "tasks" / "task.txt").write_text("Write dropout, please.")
    (folder / "link").symlink_to("tasks/task.txt")
    for path in ("tasks/task.txt", "link", str(folder / "tasks" / "task.txt"), "terse"):
        (folder / "dropout.toml").write_text(f'prompt = "{path}"\nsystem = "@link"\n')
        done = in_folder(
            folder, "run", "--model", "m", "--base-url", messages_server.url, "--runs", "1", "--store",
            str(tmp_path / "s.db"),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        body = messages_server.requests[-1].body
        said = (
            load_prompt("terse", suite="basic", mode="answer", task=dropout).text
            if path == "terse"
            else "Write dropout, please."
        )
        assert json.dumps(said) in json.dumps(body["messages"])
        assert "please" in json.dumps(body["system"])


@pytest.mark.parametrize("kind", ["pipe", "device", "environment", "folder", "large", "circle", "deep"])
def test_a_file_that_is_not_regular_is_not_waited_for(kind: str, folder: Path) -> None:
    file = folder / "dropout.toml"
    match kind:
        case "pipe":
            os.mkfifo(file)
        case "device":
            file.symlink_to("/dev/zero")
        case "environment":
            file.symlink_to("/proc/self/environ")
        case "folder":
            file.mkdir()
        case "large":
            file.write_bytes(b"#" * 1_000_001)
        case "circle":
            file.symlink_to(file)
        case "deep":
            file.write_text(f"keys = {'[' * 5000}{']' * 5000}\n")
    done = (process_in_folder if kind == "environment" else in_folder)(folder, "keys")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "dropout.toml" in line
    assert KEY not in line


@pytest.mark.parametrize("kind", ["key", "private key", "environment", "device", "pipe", "large"])
def test_no_prompt_takes_a_secret_along(
    kind: str, folder: Path, tmp_path: Path, messages_server: MessagesServer
) -> None:
    prompt = folder / "task.txt"
    match kind:
        case "key":
            prompt.write_text(f"Write dropout.\n{KEY}\n")
        case "private key":
            prompt.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n")
        case "environment":
            prompt.symlink_to("/proc/self/environ")
        case "device":
            prompt.symlink_to("/dev/random")
        case "pipe":
            os.mkfifo(prompt)
        case "large":
            prompt.write_bytes(b"x" * 2_000_000)
    store = tmp_path / "s.db"
    started = process_in_folder if kind == "environment" else in_folder
    for option in (("--prompt", "task.txt"), ("--system", "@task.txt")):
        done = started(
            folder, "run", "--model", "m", "--base-url", messages_server.url, "--store", str(store), *option
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert KEY not in done.stderr
    assert messages_server.requests == []
    assert not store.exists()


def test_a_prompt_that_became_a_link_out_of_the_folder_is_not_sent(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").write_text("Host secret.example")
    (folder / "p.txt").write_text("Implement dropout.")
    (folder / "dropout.toml").write_text('prompt = "p.txt"\n')
    monkeypatch.chdir(folder)
    prompt = gather({}).texts["prompt"]
    assert load_prompt(prompt, suite="basic", mode="answer", task=dropout).text == "Implement dropout."
    (folder / "p.txt").unlink()
    (folder / "p.txt").symlink_to(tmp_path / "private")
    with pytest.raises(TextUnreadable, match="it leads out of"):
        load_prompt(prompt, suite="basic", mode="answer", task=dropout)


@pytest.mark.parametrize("keys", ['"run.rerun" = "q"', "all.rerun = 'q'", "launch.start = 'down'"])
def test_a_folder_gives_no_key_to_what_asks_the_model(keys: str, folder: Path) -> None:
    (folder / "dropout.toml").write_text(f"[keys]\n{keys}\n")
    done = in_folder(folder, "history")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "asks the model, and the file of a working directory gives no keys for that" in line


def test_a_key_in_place_of_a_models_name_is_refused(folder: Path, messages_server: MessagesServer) -> None:
    done = in_folder(folder, "run", "--model", KEY, "--base-url", messages_server.url, "--runs", "1")
    assert done.returncode == 2
    assert "name of the model holds the value of ANTHROPIC_API_KEY" in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert messages_server.requests == []
