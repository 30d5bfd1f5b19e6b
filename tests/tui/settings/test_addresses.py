"""Where requests go is said before the first one leaves, and a key goes nowhere that only a store names."""

from __future__ import annotations

import io
import json
import os
import pty
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import pytest
from textual.widgets import Input

from dropout_core.models import ModelUnusable
from dropout_core.models.http.credentials import check_base_url
from dropout_core.models.http.destination import destination_at
from dropout_tui.cli import main
from dropout_tui.presenters.evaluations.stored_commands import start
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import usual_server
from dropout_tui.screens.confirm import ConfirmScreen
from tests.chat_server import ChatAnswer, ChatServer
from tests.messages_server import Answer, Behaviour, Failure, MessagesServer, Received
from tests.tui.app.test_dropout_app import running
from tests.tui.command_line.test_command_line import RIGHT
from tests.tui.looking import text_on_screen, until
from tests.tui.program import dropout_tui
from tests.tui.screens.launch.test_screen import Launching

KEY = "not-of-the-usual-shape/0123456789"
WITH_KEY = {"ANTHROPIC_API_KEY": KEY}


def elsewhere(server: MessagesServer) -> str:
    """The server by an address that is not known to be this machine's own."""
    return server.url.replace("127.0.0.1", "0.0.0.0")


@pytest.mark.parametrize(
    ("address", "usual"),
    [
        (None, True),
        ("https://api.anthropic.com", True),
        ("https://api.anthropic.com:443/v1/messages", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost:1", True),
        ("https://models.localhost", True),
        ("http://api.anthropic.com", False),
        ("https://api.anthropic.com:8443", False),
        ("https://api.anthropic.com.evil.example", False),
        ("https://api.anthropic.com@evil.example", False),
        ("https://evil.example/https://api.anthropic.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://10.0.0.1:8080", False),
        ("http://192.168.0.7", False),
        ("http://0.0.0.0:8080", False),
        ("http://box", False),
        ("http://[", False),
    ],
)
def test_addresses_that_need_no_notice(address: str | None, usual: bool) -> None:
    assert destination_at(address, {}).is_usual is usual


def test_what_is_said_of_an_address() -> None:
    named = destination_at("http://name:password@box:8080/v1", {"ANTHROPIC_AUTH_TOKEN": KEY})
    assert named.words == "requests go to http://box:8080, with your ANTHROPIC_AUTH_TOKEN"
    assert destination_at("http://box", {}).words == "requests go to http://box, without a key"
    env = {"ANTHROPIC_BASE_URL": "https://gate.example", "ANTHROPIC_CUSTOM_HEADERS": f"x-key: {KEY}"}
    assert destination_at(None, env).words == (
        "requests go to https://gate.example, with your ANTHROPIC_CUSTOM_HEADERS"
    )
    assert KEY not in destination_at("http://box/\x1b[2J\n", {"ANTHROPIC_API_KEY": KEY}).words


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example\\@api.anthropic.com",
        "http://a b",
        "http://a\n.example",
        "http://127.0.0.1:1?@api.anthropic.com",
        "https://evil.example#@api.anthropic.com",
        "http://box/?u=1",
    ],
)
def test_an_address_that_parsers_read_differently_is_refused(address: str) -> None:
    with pytest.raises(ModelUnusable, match="is not a web address"):
        check_base_url(address)


@pytest.mark.parametrize("way", ["--base-url", "ANTHROPIC_BASE_URL", "DROPOUT_BASE_URL", "proxy"])
@pytest.mark.parametrize("as_json", [False, True])
def test_a_run_says_where_its_requests_go_before_the_first_leaves(
    way: str, as_json: bool, messages_server: MessagesServer, tmp_path: Path
) -> None:
    at_the_request = list[str]()

    def answering(_: Received) -> Behaviour:
        at_the_request.append(os.pread(sys.stderr.fileno(), 10_000, 0).decode())
        return Answer(RIGHT)

    messages_server.default = answering
    url = "http://models.example" if way == "proxy" else elsewhere(messages_server)
    flag = ("--base-url", url) if way in ("--base-url", "proxy") else ()
    environment = {"HTTP_PROXY": messages_server.url} if way == "proxy" else {} if flag else {way: url}
    done = dropout_tui(
        "run", "--model", "m", "--runs", "1", "--store", str(tmp_path / "s.db"), *flag,
        *(["--json"] if as_json else []), **WITH_KEY, **environment,
    )  # fmt: skip
    through = f" through the proxy {messages_server.url}" if way == "proxy" else ""
    line = f"dropout-tui: requests go to {url}{through}, with your ANTHROPIC_API_KEY\n"
    assert (done.returncode, done.stderr) == (0, line)
    assert at_the_request == [line]
    if as_json:
        objects = [json.loads(one) for one in done.stdout.splitlines()]
        assert [one["type"] for one in objects] == ["trial", "summary"]
        assert objects[-1]["settings"]["base_url"] == url  # whoever reads it later has another environment


def interrupted(server: MessagesServer, store: Path, url: str, *more: str) -> None:
    """An evaluation of one run that waits to go on."""
    server.play(Failure(401, "authentication_error", "no"))
    asked = ("run", "--model", "m", "--runs", "1", "--base-url", url, "--store", str(store), *more)
    done = dropout_tui(*asked, **WITH_KEY)
    assert done.returncode == 2, done.stderr
    server.requests.clear()
    server.default = Answer(RIGHT)


def name_in_store(store: Path, url: str) -> None:
    """As somebody else may have written it."""
    with sqlite3.connect(store) as connection:
        (text,) = connection.execute("SELECT config FROM evaluations").fetchone()
        config = json.dumps({**json.loads(text), "base_url": url})
        connection.execute("UPDATE evaluations SET config = ?", (config,))
        connection.execute(
            "UPDATE events SET body = json_set(body, '$.config.base_url', ?) WHERE kind = 'EvaluationStarted'",
            (url,),
        )
    connection.close()


def test_resume_sends_no_key_where_only_the_store_says(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    store, url = tmp_path / "s.db", elsewhere(messages_server)
    interrupted(messages_server, store, url)
    refused = dropout_tui("resume", "1", "--json", "--store", str(store), **WITH_KEY)
    assert (refused.returncode, refused.stdout) == (2, "")
    (line,) = refused.stderr.splitlines()
    assert f"requests go to {url}, with your ANTHROPIC_API_KEY" in line
    assert line.endswith(f"name it: --base-url {url}")
    assert messages_server.requests == []
    done = dropout_tui("resume", "1", "--store", str(store), "--base-url", url, **WITH_KEY)
    assert (done.returncode, done.stderr) == (
        0,
        f"dropout-tui: requests go to {url}, with your ANTHROPIC_API_KEY\n",
    )
    assert len(messages_server.requests) == 1


@pytest.mark.parametrize("where", ["ANTHROPIC_BASE_URL", "DROPOUT_BASE_URL", "the own file"])
def test_resume_goes_on_where_todays_settings_say_so_too(
    where: str, messages_server: MessagesServer, tmp_path: Path
) -> None:
    store, url = tmp_path / "s.db", elsewhere(messages_server)
    interrupted(messages_server, store, url)
    environment = {where: f"{url}/"}
    if where == "the own file":
        environment = {"XDG_CONFIG_HOME": str(tmp_path)}
        (tmp_path / "dropout-tui").mkdir()
        (tmp_path / "dropout-tui" / "dropout.toml").write_text(f'base-url = "{url}"\n')
    done = dropout_tui("resume", "--store", str(store), **WITH_KEY, **environment)
    assert (done.returncode, len(messages_server.requests)) == (0, 1), done.stderr


def test_an_address_on_this_machine_must_have_been_named_once(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    """Anybody on the machine may listen there."""
    store = tmp_path / "s.db"
    interrupted(messages_server, store, messages_server.url)
    with MessagesServer(Answer(RIGHT)) as strange:
        name_in_store(store, strange.url)
        refused = dropout_tui("resume", "1", "--store", str(store), **WITH_KEY)
        assert refused.returncode == 2
        assert f"--base-url {strange.url}" in refused.stderr
        assert strange.requests == []
    name_in_store(store, messages_server.url)
    done = dropout_tui("resume", "1", "--store", str(store), **WITH_KEY)
    assert (done.returncode, done.stderr, len(messages_server.requests)) == (0, "", 1)


def test_without_a_key_nothing_is_asked(messages_server: MessagesServer, tmp_path: Path) -> None:
    store = tmp_path / "s.db"
    interrupted(messages_server, store, messages_server.url)
    with MessagesServer(Answer(RIGHT)) as strange:
        name_in_store(store, strange.url)
        done = dropout_tui("resume", "1", "--store", str(store))
        assert (done.returncode, len(strange.requests)) == (0, 1), done.stderr
        assert KEY not in str(strange.requests)


@pytest.mark.parametrize(
    ("answer", "goes"),
    [
        ("yes", True),
        ("", False),
        *(
            pytest.param(*each, marks=pytest.mark.long_run)
            for each in (("y", True), ("n", False), ("maybe", False))
        ),
    ],
)
def test_at_a_terminal_it_is_asked(
    answer: str, goes: bool, chat_server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, url = tmp_path / "s.db", f"{elsewhere(chat_server)}/v1"
    interrupted(chat_server, store, url, "--api", "openai")
    chat_server.default = ChatAnswer("No code.")
    ours, its = pty.openpty()

    def answer_when_asked() -> None:
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 1000)
        assert f"requests go to {url}, with your OPENAI_API_KEY".encode() in said
        assert chat_server.requests == []
        os.write(ours, answer.encode() + b"\n")

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with ThreadPoolExecutor(1) as user:
        answering = user.submit(answer_when_asked)
        with open(os.dup(its)) as stdin, open(its, "w") as stderr:  # noqa: PTH123
            monkeypatch.setattr(sys, "stdin", stdin)
            with redirect_stderr(stderr), redirect_stdout(io.StringIO()):
                status = main(("resume", "1", "--json", "--store", str(store)))
    answering.result()
    os.close(ours)
    assert (status, len(chat_server.requests)) == ((0, 1) if goes else (2, 0))


@pytest.fixture
def waiting(messages_server: MessagesServer, tmp_path: Path) -> str:
    """The address that only the store names. The store is made before the event loop of a test runs."""
    url = elsewhere(messages_server)
    interrupted(messages_server, tmp_path / "store.sqlite3", url)
    return url


async def test_the_dashboard_asks_before_a_stored_evaluation_goes_on(
    waiting: str, messages_server: MessagesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = waiting
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    async with running(tmp_path, None) as (app, pilot):
        for key in ("n", "y"):
            app.go_on(1, start)
            await until(pilot, lambda: "Send the key?" in text_on_screen(app))
            assert isinstance(app.screen, ConfirmScreen)
            text = " ".join(text_on_screen(app).replace("│", " ").split())
            assert url in text
            assert "ANTHROPIC_API_KEY" in text
            assert messages_server.requests == []
            await pilot.press(key)
            await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
        await until(pilot, lambda: f"Requests go to {url}" in " ".join(text_on_screen(app).split()))
        await until(pilot, lambda: len(messages_server.requests) == 1)


def says(app: Launching, words: str) -> bool:
    return words in app.text


async def test_the_launch_form_says_where_requests_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://gate.example")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    app = Launching(LaunchForm(model="m", seed="7"), key_configured=True)
    async with app.run_test(size=(120, 40)) as pilot:
        field = app.view.query_one("#base_url", Input)
        assert field.placeholder == "https://gate.example (ANTHROPIC_BASE_URL)"
        await until(
            pilot, lambda: "Requests go to https://gate.example, with your ANTHROPIC_API_KEY" in app.text
        )
        for typed, said in (
            ("http://[red]box[/]:8080", "Requests go to http://[red]box[/]:8080"),
            ("http://box:8080", "Requests go to http://box:8080, with your ANTHROPIC_API_KEY"),
            ("http://[", "Requests go to http://["),
        ):
            app.type_into("base_url", typed)
            await until(pilot, partial(says, app, said))
        app.type_into("base_url", "http://127.0.0.1:8080")
        await until(pilot, lambda: "Requests go" not in app.text)
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    assert usual_server(LaunchForm("m")) == "Anthropic's"
    assert usual_server(LaunchForm("m", api="openai")) == "OpenAI's"
