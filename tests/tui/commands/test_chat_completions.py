"""Evaluations of models behind Chat Completions: run, kept, shown, resumed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dropout_core.audit.corpus import built_in_answers
from tests.chat_server import ChatAnswer, ChatServer, ToolCall, counts
from tests.messages_server import Failure, Received
from tests.tui.program import Done, dropout_tui

CODE = built_in_answers()[0].code
LOOKED = "import numpy; print(6 * 7)"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def agent(request: Received) -> ChatAnswer:
    """Look at something first, then hand in."""
    results = [message["content"] for message in request.body["messages"] if message["role"] == "tool"]
    if not results:
        look = ToolCall("python_expression", {"expression": LOOKED}, "look")
        return ChatAnswer("Let me see.", reasoning="First I look.", calls=[look])
    assert results == ["42"]
    hand_in = ToolCall("submit_answer", {"answer": CODE}, "hand-in")
    return ChatAnswer(calls=[hand_in], usage=counts(300, 60, thought=20, read=100))


def asked(server: ChatServer, store: str, *more: str) -> Done:
    return dropout_tui(
        "run", "--api", "openai", "--base-url", server.url, "--model", "org/qwen", "--store", store, *more
    )


def test_agent_that_uses_tools_is_graded_and_kept_with_its_api(chat_server: ChatServer, store: str) -> None:
    chat_server.default = agent
    chat_server.models = {"org/qwen": {"max_model_len": 4000}}
    done = asked(chat_server, store, "--mode", "agent", "--runs", "2", "--effort", "low", "--json")
    assert done.returncode == 0, done.stderr
    *trials, summary = map(json.loads, done.stdout.splitlines())
    assert [trial["outcome"] for trial in trials] == ["passed", "passed"]
    assert (trials[0]["thinking_tokens"], trials[0]["cache_read_input_tokens"]) == (20, 100)
    settings = summary["settings"]
    assert (settings["api"], settings["max_tokens"], settings["max_tokens_from"]) == ("openai", 2000, "model")
    seeds = {request.body["seed"] for request in chat_server.requests}
    assert len(chat_server.requests) == 4
    assert len(seeds) == 2, "each attempt has one seed, and no other has it"

    shown = dropout_tui("show", "1", "--store", store).stdout
    assert "2,000 tokens a reply (the model's limit) · Chat Completions · effort low" in shown
    conversation = dropout_tui("show", "1", "1", "--store", store).stdout
    for line in ("[assistant, thinking]", "First I look.", "[assistant calls python_expression]", LOOKED):
        assert line in conversation

    chat_server.requests.clear()
    again = dropout_tui("resume", "1", "--runs", "3", "--store", store, "--base-url", chat_server.url)
    assert again.returncode == 0, again.stderr
    assert [request.path for request in chat_server.requests] == ["/v1/chat/completions"] * 2
    assert (
        json.loads(dropout_tui("show", "1", "--json", "--store", store).stdout.splitlines()[-1])["passed"]
        == 3
    )
    refused = dropout_tui("resume", "1", "--api", "anthropic", "--store", store)
    assert "--api is kept from the start of an evaluation" in refused.stderr


def test_the_exports_tell_the_api(chat_server: ChatServer, store: str, tmp_path: Path) -> None:
    chat_server.default = ChatAnswer(f"```python\n{CODE}\n```")
    asked(chat_server, store, "--runs", "1", "--seed", "3")
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "html")} | {"inspect": tmp_path / "log.json"}
    for kind, file in files.items():
        done = dropout_tui("export", "1", "--store", store, "--format", kind, "-o", str(file))
        assert done.returncode == 0, done.stderr
    assert json.loads(files["json"].read_text())["config"]["api"] == "openai"
    assert json.loads(files["inspect"].read_text())["eval"]["model"] == "openai/org/qwen"
    assert "Chat Completions" in files["html"].read_text()


def test_first_refusal_ends_the_run_in_one_line(chat_server: ChatServer, store: str) -> None:
    chat_server.default = Failure(404, "NotFoundError", "The model `org/qwen` does not exist.")
    done = asked(chat_server, store, "--runs", "5")
    assert f"{chat_server.url}/v1 does not know the model 'org/qwen'; check --model" in done.stderr
    assert len(chat_server.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "gpt"), "no API key: set OPENAI_API_KEY, or use --model sample"),
        ((), "--model: give the name of a model"),
        (
            ("--model", "m", "--thinking", "off"),
            "--thinking: Chat Completions has no such setting; use --effort",
        ),
        (
            ("--model", "m", "--budget", "1", "--base-url", "http://127.0.0.1:9"),
            "--budget needs a price, and that of m is not known here; state it with --price",
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_asked(
    store: str, arguments: tuple[str, ...], says: str
) -> None:
    done = dropout_tui("run", "--api", "openai", "--store", store, *arguments)
    assert says in done.stderr
    assert done.returncode


def test_missing_package_is_said_in_one_line(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    run = ("run", "--api", "openai", "--base-url", "http://127.0.0.1:9", "--model", "m", "--runs", "1")
    done = dropout_tui(*run, "--store", store)
    assert done.stderr.strip() == (
        "dropout-tui: --api openai needs one more package, install it with: pip install openai"
    )
