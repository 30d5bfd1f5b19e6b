"""The log file: what went wrong and was tried again, and never a key."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dropout_core.models import ModelError
from dropout_tui.command_line import log_file
from dropout_tui.command_line.log_file import KEPT, opened_log
from tests.messages_server import Answer, Behaviour, Failure, MessagesServer, Received, Stream
from tests.tui.program import Done, dropout_tui

ANSWER = Answer("```python\ndef dropout(x, p, training):\n    return x\n```")
KEY = "not-of-the-usual-shape/0123456789"
TOKEN = "a-token-for-the-proxy-98765"
SHAPED = "sk-ant-api03-somebody-elses"


def run(server: MessagesServer, folder: Path, log: Path) -> Done:
    return dropout_tui(
        "run", "--runs", "2", "--sequential", "--model", "m-1", "--store", str(folder / "s.db"), "--log", str(log),
        ANTHROPIC_API_KEY=KEY, ANTHROPIC_CUSTOM_HEADERS=f"x-proxy: Bearer {TOKEN}", ANTHROPIC_BASE_URL=server.url,
    )  # fmt: skip


def test_faults_are_in_the_log_and_nowhere_else_and_keys_are_nowhere(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    """The server does what some proxies do: it repeats what it was sent."""

    def telling(request: Received) -> Behaviour:
        sent = f"{request.headers['authorization']} {request.headers['x-proxy']} {SHAPED}"
        match len(messages_server.requests):
            case 1:
                return Failure(
                    529, "overloaded_error", f"no room for {sent}", headers={"retry-after-ms": "1"}
                )
            case 2:
                return Stream([*ANSWER.events()[:3], f"event: x\ndata: {{{sent}\n\n".encode()])
            case 3:
                return ANSWER
            case _:
                return Failure(500, "api_error", sent, headers={"x-should-retry": "false"})

    messages_server.default = telling
    log = tmp_path / "what.log"
    done = run(messages_server, tmp_path, log)
    assert messages_server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert done.returncode == 1
    assert done.stderr == ""
    assert "API overloaded" not in done.stdout  # lines tell results

    text = log.read_text(encoding="utf-8")
    for secret in (KEY, TOKEN, SHAPED):
        assert secret not in text + done.stdout + done.stderr
    assert "Bearer [key] [key] [key]" in text
    assert "trial 1.1 TryFailed step=1 reason='API overloaded: no room for Bearer [key] [key] [key]'" in text
    assert "trial 1.1 RequestHeld step=1 reason='API overloaded'" in text
    assert "trial 1.1 TryFailed step=1 reason='API reply malformed' discarded_text=True" in text
    assert "trial 1.1 ReplyFinished" in text
    assert "def dropout" not in text


def test_a_traceback_holds_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    path = tmp_path / "what.log"
    with opened_log(path):
        try:
            raise ModelError(f"header x-api-key: {KEY}")
        except ModelError:
            logging.getLogger("dropout_core.somewhere").exception("it broke at %s", KEY)
    text = path.read_text()
    assert "ModelError: header x-api-key: [key]" in text
    assert KEY not in text


def test_a_log_goes_on_in_a_new_file_and_only_a_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    largest = 50_000
    assert largest < log_file.LARGEST
    monkeypatch.setattr(log_file, "LARGEST", largest)
    path = tmp_path / "what.log"
    line = "x" * 1_000
    with opened_log(path):
        for _ in range((KEPT + 3) * largest // len(line)):
            logging.getLogger("dropout_core.somewhere").info(line)
    files = sorted(file.name for file in tmp_path.iterdir())
    assert files == ["what.log", *(f"what.log.{number}" for number in range(1, KEPT + 1))]
    assert all(file.stat().st_size <= largest for file in tmp_path.iterdir())


def test_after_the_end_nothing_more_is_written(tmp_path: Path) -> None:
    path = tmp_path / "what.log"
    with opened_log(path):
        pass
    logging.getLogger("dropout_core.somewhere").error("late")
    assert "late" not in path.read_text()


def test_a_file_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "what.log"
    done = dropout_tui("run", "--model", "sample", "--log", str(missing))
    assert done.returncode == 2
    assert done.stderr == f"dropout-tui: --log: cannot write {missing}: No such file or directory\n"
