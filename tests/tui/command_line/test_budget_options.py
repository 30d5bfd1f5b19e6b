"""Budgets from the command line, in real processes against a real server."""

import json
from pathlib import Path

import pytest

from tests.messages_server import Answer, MessagesServer
from tests.tui.command_line.test_command_line import UNSCALED
from tests.tui.program import dropout_tui

COSTLY = Answer(UNSCALED, usage={"input_tokens": 500, "output_tokens": 400})
PRICE = ("--price", "1,5")
"""A run of `COSTLY` takes $0.0025."""


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def test_a_cent(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = COSTLY
    options = ("--runs", "20", "--model", "m", "--base-url", messages_server.url, "--store", store)
    done = dropout_tui("run", *options, *PRICE, "--budget", "0.01")
    assert done.returncode == 2, done.stderr
    assert len(messages_server.requests) == 4
    assert "  Failed: 4/4" in done.stdout
    assert "  Cost: $0.0100 of $0.0100 ($1 in, $5 out per million tokens, stated)" in done.stdout
    estimate, stopped = done.stderr.splitlines()
    assert "the budget is $0.0100; 20 runs may take about" in estimate
    assert f"dropout-tui resume 1 --store {store} --budget 0.02" in stopped
    more = dropout_tui("resume", "1", "--store", store, "--budget", "0.02", "--json")
    assert more.returncode == 2, more.stderr
    summary = json.loads(more.stdout.splitlines()[-1])
    assert summary["stop_reason"] == "budget"
    assert (summary["cost"], summary["budget"], summary["failed"]) == (0.02, 0.02, 8)
    assert summary["price"] == {"input": 1.0, "output": 5.0, "source": "stated"}
    assert len(messages_server.requests) == 8


def test_tokens(messages_server: MessagesServer, store: str) -> None:
    messages_server.default = COSTLY
    options = ("--runs", "20", "--model", "m", "--base-url", messages_server.url, "--store", store)
    done = dropout_tui("run", *options, "--max-total-tokens", "2700")
    assert done.returncode == 2, done.stderr
    assert len(messages_server.requests) == 3
    assert "Cost:" not in done.stdout
    assert "--max-total-tokens 5400" in done.stderr


@pytest.mark.parametrize("environment", [{}, {"DROPOUT_BUDGET": "1"}])
def test_what_has_no_price_is_refused_at_once(
    messages_server: MessagesServer, store: str, environment: dict[str, str]
) -> None:
    options = ("--runs", "2", "--model", "m", "--base-url", messages_server.url, "--store", store)
    budget = () if environment else ("--budget", "1")
    done = dropout_tui("run", *options, *budget, **environment)
    assert done.returncode == 2
    assert "--price IN,OUT" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not messages_server.requests
    assert dropout_tui("history", "--json", "--store", store).stdout == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--budget", "0"), "--budget: '0' is not an amount of dollars"),
        (("--budget", "much"), "--budget: 'much' is not an amount of dollars"),
        (("--max-total-tokens", "0"), "--max-total-tokens: 0 is out of range"),
        (("--price", "5"), "--price: '5' is not a price"),
    ],
)
def test_invalid_amounts_are_refused(arguments: tuple[str, ...], words: str, store: str) -> None:
    done = dropout_tui("run", "--runs", "1", "--store", store, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
