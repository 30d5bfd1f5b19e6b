"""A whole evaluation against `llmock`, a mock of both APIs that others made, with its faults on.

    pytest -m llmock -n 0

Installs it into an environment of its own, in pytest's cache, where the next run finds it. It breaks requests at
random, watches how its client goes about them, and says in the end what the client did wrong.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
import venv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.models.chat_completions.client import ChatModel
from dropout_core.models.retry.gate import Clock
from dropout_core.state import events
from dropout_core.state.end_reasons import COMPLETED
from dropout_core.values.api import Api
from tests.core.api_model import KEY
from tests.core.api_run import running
from tests.faults import Numbered

pytestmark = [pytest.mark.llmock, pytest.mark.timeout(900)]

REQUIREMENT = "llmock==0.2.2"
RUNS = 100
FAULTS = (
    "--error-rate", "429=0.08", "--error-rate", "500=0.04", "--error-rate", "529=0.04", "--error-rate", "503=0.03",
    "--stream-fault", "disconnect=0.04", "--stream-fault", "truncate=0.04", "--stream-fault", "malformed=0.04",
    "--stream-fault", "stall=0.02", "--stream-stall-seconds", "30", "--stream-chunk-delay-ms", "20",
)  # fmt: skip
"""About a third of all requests go wrong. The pace is there so that the mock can see who stops reading a stream: one
that is all sent before the client looks at it counts as read."""


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mock, installed."""
    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    folder = (cache.mkdir("llmock") if cache else tmp_path_factory.mktemp("llmock")) / "environment"
    complete = folder / REQUIREMENT
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run(
            [folder / "bin" / "python", "-m", "pip", "install", "--quiet", REQUIREMENT], check=True
        )
        complete.touch()
    return folder / "bin" / "llmock"


@pytest.fixture
def address(program: Path, tmp_path: Path) -> Iterator[str]:
    """Where the mock listens once it is ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with (tmp_path / "llmock.log").open("w") as log:
        server = subprocess.Popen(
            [program, "serve", "--port", port, "--log-level", "warning", *FAULTS], stdout=log, stderr=log
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/health", server)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def asked(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


@pytest.mark.parametrize(("api", "path"), [("anthropic", "/anthropic"), ("openai", "/v1")])
async def test_every_trial_is_graded_and_the_mock_finds_nothing_wrong_with_us(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: Api, path: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    limits = TimeLimits(first_token=5, stall=2)
    kind = ChatModel if api == "openai" else AnthropicModel
    model = Numbered(kind("claude-x", f"{address}{path}", time_limits=limits))
    began = time.monotonic()
    async with running(tmp_path, model, runs=RUNS, concurrency=10, waits=Clock()) as run:
        run.evaluation.start()
        await run.evaluation.finished()
        verdict = asked(f"{address}/_llmock/verdict")
        seen = asked(f"{address}/_llmock/requests")
        failures = Counter(event.reason for event in run.events if isinstance(event, events.TryFailed))
        print(
            f"\n{RUNS} trials in {time.monotonic() - began:.1f} s, failed tries: {dict(failures)}; the mock: "
            f"{verdict['attempts']} attempts, {verdict['faults_injected']} faults, {verdict['findings']}"
        )

        assert run.state.stop_reason == COMPLETED
        assert run.state.tally.graded == RUNS
        assert run.state.tally.void == 0
        requests = seen["requests"] if isinstance(seen, dict) else seen
        assert len(requests) == run.count(events.RequestSent) == RUNS + failures.total()
        assert failures.total() > RUNS // 10
        assert verdict["errors"] == 0
        # It takes waits for constant that do not grow. Here the first may be the longer one, when all were held.
        assert {finding["code"] for finding in verdict["findings"]} <= {"no_backoff"}
