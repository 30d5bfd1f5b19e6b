"""``--batch``: real HTTP to a server that speaks the Message Batches API, a real store, a real sandbox."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from dropout_core.storage.store import Store
from dropout_tui.text.words.batches import left_at_server, words_of_batches
from tests.batches_server import BatchesServer, Call
from tests.messages_server import Answer
from tests.tui.command_line.test_interruption import heed_ctrl_c
from tests.tui.commands.test_sweep import KEY, RIGHT
from tests.tui.program import dropout_tui


@pytest.fixture
def server() -> Iterator[BatchesServer]:
    numbers = count()
    with BatchesServer(lambda _: Answer(f"```python\n{RIGHT}# {next(numbers)}\n```")) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "store.sqlite3")


def test_ctrl_c_leaves_the_batch_at_its_server_and_resume_takes_it_up(
    server: BatchesServer, store: str
) -> None:
    heed_ctrl_c()
    server.hold()

    def interrupt_once(call: Call) -> None:
        if call.kind == "retrieve" and server.kinds().count("retrieve") == 1:
            os.kill(os.getpid(), signal.SIGINT)

    server.meddle = interrupt_once
    asked = ("--model", "m", "--base-url", server.url, "--store", store, "--runs", "3", "--batch")
    done = dropout_tui("run", *asked, "--price", "2,10", "--budget", "5", **KEY)
    assert done.returncode == 130
    said = done.stderr.splitlines()
    assert "3 runs may take about" in said[0]
    assert "half the price in a batch" in said[0]
    assert said[1].startswith("dropout-tui: batch msgbatch_0001 submitted: 3 requests, answered by ")
    assert said[-2].startswith("dropout-tui: the batch goes on at the server until ")
    assert said[-2].endswith(": msgbatch_0001")
    assert said[-1] == f"dropout-tui: interrupted; go on with: dropout-tui resume 1 --store {store}"
    assert "the batch goes on at the server" in dropout_tui("show", "1", "--store", store).stdout

    server.finish()
    done = dropout_tui("resume", "1", "--store", store, "--json", **KEY)
    assert done.returncode == 0, done.stderr
    *trials, summary = map(json.loads, done.stdout.splitlines())
    assert sorted(trial["trial"] for trial in trials) == [1, 2, 3]
    assert summary["passed"] == 3
    assert summary["settings"]["batch"] is True
    assert summary["price"] == {"input": 1.0, "output": 5.0, "source": "stated, half of it in a batch"}
    assert summary["cost"] == pytest.approx(3 * (12 * 1.0 + 34 * 5.0) / 1e6)
    assert server.kinds().count("create") == len(server.batches) == 1
    # What was stored says the same, and nothing is left to wait for.
    listed = dropout_tui("history", "--store", store, "--json").stdout
    assert json.loads(listed)["passed"] == 3
    assert "asked in batches\n" in dropout_tui("show", "1", "--store", store).stdout
    again = dropout_tui("resume", "1", "--store", store, "--batch", **KEY)
    assert (again.returncode, "--batch is kept from the start" in again.stderr) == (2, True)


def test_the_cells_of_a_sweep_submit_their_rounds_together(server: BatchesServer, store: str) -> None:
    asked = ("--model", "m", "--base-url", server.url, "--store", store, "--prompts", "explicit,terse")
    done = dropout_tui("sweep", *asked, "--batch", "--runs", "6", "--concurrency", "4", "--json", **KEY)
    assert done.returncode == 0, done.stderr
    *cells, sweep = map(json.loads, done.stdout.splitlines())
    assert [cell["passed"] for cell in cells] == [6, 6]
    assert sweep["type"] == "sweep"
    sizes = [len(batch.requests) for batch in server.batches]
    assert sorted(sizes[:2]) == [4, 4]
    assert sum(sizes) == 12
    opened = Store(Path(store))
    try:
        assert opened.batch_ids() == {batch.id for batch in server.batches}
        assert words_of_batches(opened.state(1).open_batches) == left_at_server(()) == ""
    finally:
        opened.close()


def test_a_batch_that_was_left_is_cancelled_at_its_server(server: BatchesServer, store: str) -> None:
    heed_ctrl_c()
    server.hold()

    def interrupt_once(call: Call) -> None:
        if call.kind == "retrieve":
            server.meddle = lambda _: None
            os.kill(os.getpid(), signal.SIGINT)

    server.meddle = interrupt_once
    asked = ("--model", "m", "--base-url", server.url, "--store", store, "--runs", "2", "--batch")
    assert dropout_tui("run", *asked, **KEY).returncode == 130
    assert not server.batches[0].canceled
    done = dropout_tui("resume", "1", "--store", store, "--cancel-batch", **KEY)
    assert done.returncode == 1
    assert "Void: 2 (not counted)" in done.stdout
    assert done.stderr == "dropout-tui: batch of 2: cancelled\n"
    assert server.batches[0].canceled
    assert server.kinds().count("create") == 1


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--model", "sample"), "the sample answers are built in and take no batches"),
        (("--model", "m", "--api", "openai"), "only the Messages API has batches; leave out --api openai"),
        (("--model", "m", "--sequential"), "a batch holds all runs of a round; leave out --sequential"),
    ],
)
def test_what_does_not_go_with_batches_is_said(store: str, options: tuple[str, ...], line: str) -> None:
    done = dropout_tui("run", *options, "--batch", "--store", store, **KEY)
    assert done.returncode == 2
    assert done.stderr.startswith(f"dropout-tui: --batch: {line}")
