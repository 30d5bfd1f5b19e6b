"""What goes wrong between the real SDK of OpenAI and a server: tried again, given up, or stopped, and what is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dropout_core.models import ModelError, ModelUnusable, TryAgain
from dropout_core.models.chat_completions.client import ChatModel
from dropout_core.models.retry.timeouts import TimeLimits
from tests.chat_server import ChatAnswer, ChatServer, chunk
from tests.core.api_model import asking, ignore
from tests.messages_server import DROP, RESET, Answer, Behaviour, Failure, Gate, Page, Stream

BEGUN = chunk({"content": "hel"})


def json_page(body: bytes, status: int) -> Page:
    return Page(body, "application/json", status)


@pytest_asyncio.fixture
async def model(chat_server: ChatServer) -> AsyncIterator[ChatModel]:
    made = ChatModel("qwen", chat_server.url)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("fault", "reason", "said", "wait", "turned_away"),
    [
        (Failure(429, "rate_limit", "Slow", {"retry-after": "7"}), "API rate limited", "Slow", 7.0, True),
        (Failure(503, "unavailable_error", "Loading model"), "API server error 503", "Loading model", None, False),
        (Failure(500, message="CUDA out of memory"), "API server error 500", "CUDA out of memory", None, False),
        (DROP, "API connection lost", "", None, False),
        (RESET, "API connection lost", "", None, False),
        (Stream([BEGUN, DROP]), "API connection lost", "", None, False),
        (Stream([BEGUN]), "API reply incomplete", "", None, False),
        (Stream([BEGUN, b"data: {oops\n\n"]), "API reply malformed", "", None, False),
        (Stream([BEGUN, {"error": {"code": 429, "message": "busy"}}]), "API rate limited", "busy", None, True),
        (
            Stream([BEGUN, {"object": "error", "message": "engine is dead", "code": 500}]),
            "API server error", "engine is dead", None, False,
        ),
    ],
)  # fmt: skip
async def test_passing_fault(
    model: ChatModel,
    chat_server: ChatServer,
    fault: Behaviour,
    reason: str,
    said: str,
    wait: float | None,
    turned_away: bool,
) -> None:
    chat_server.play(fault)
    with pytest.raises(TryAgain) as caught:
        await model.reply(asking(), ignore)
    error = caught.value
    assert (str(error), error.said, error.retry_after, error.turned_away) == (reason, said, wait, turned_away)
    assert (await model.reply(asking(), ignore)).message.text == "hello"


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (
            Failure(404, "NotFoundError", "The model `qwen` does not exist."),
            "{url} does not know the model 'qwen'; check --model",
        ),
        (
            json_page(b'{"detail":"Not Found"}', 404),
            "no Chat Completions API at {url} (404: Not Found); check --base-url",
        ),
        (Page(b"<h1>Welcome</h1>"), "no Chat Completions API at {url} (it answers with text/html); check --base-url"),
        (Failure(401, message="no"), "the server at {url} wants a key (401); set OPENAI_API_KEY"),
        (
            Failure(400, "BadRequestError", "'max_tokens' or 'max_completion_tokens' is too large: 100."),
            "the server refused the request (400: 'max_tokens' or 'max_completion_tokens' is too large: 100.);"
            " check --max-tokens",
        ),
        (
            json_page(b'{"detail":[{"loc":["body","max_tokens"],"msg":"too many"}]}', 422),
            "the server refused the request (422: body.max_tokens: too many); check --model and the settings",
        ),
        (
            Failure(429, "insufficient_quota", "You exceeded your current quota"),
            "the account cannot pay for requests (429: You exceeded your current quota); check its plan and limits",
        ),
        (
            Stream(Answer("hi").events()),
            "{url} speaks Anthropic's Messages API, not the Chat Completions API; give --api anthropic, or check"
            " --base-url",
        ),
    ],
)  # fmt: skip
async def test_fault_that_stays_is_said_in_one_line(
    model: ChatModel, chat_server: ChatServer, fault: Behaviour, line: str
) -> None:
    chat_server.default = fault
    with pytest.raises(ModelUnusable) as caught:
        await model.reply(asking(), ignore)
    assert str(caught.value) == line.format(url=f"{chat_server.url}/v1")
    assert len(chat_server.requests) == 1


async def test_refusal_of_one_request_leaves_the_others(model: ChatModel, chat_server: ChatServer) -> None:
    await model.reply(asking(), ignore)
    chat_server.play(Failure(400, "BadRequestError", "This model's maximum context length is 64 tokens"))
    with pytest.raises(ModelError, match="API refused the request") as caught:
        await model.reply(asking(), ignore)
    assert not isinstance(caught.value, ModelUnusable | TryAgain)


async def test_silence_is_a_time_out_and_what_came_is_counted(chat_server: ChatServer) -> None:
    chat_server.default = Stream([BEGUN, Gate()])
    model = ChatModel("qwen", chat_server.url, time_limits=TimeLimits(first_token=30, stall=0.2))
    arrived: list[str] = []
    with pytest.raises(TryAgain, match=r"^API timed out$") as caught:
        await model.reply(asking(), arrived.append)
    assert arrived == ["hel"]
    assert caught.value.discarded_text
    assert caught.value.spent.output_tokens
    await model.close()


async def test_key_is_never_said(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "opaque-and-secret")
    chat_server.default = Failure(403, message="opaque-and-secret may not do this")
    model = ChatModel("qwen", chat_server.url)
    with pytest.raises(ModelUnusable) as caught:
        await model.reply(asking(), ignore)
    assert str(caught.value) == (
        "the server refused the key (403: [key] may not do this); check OPENAI_API_KEY"
    )
    await model.close()


async def test_thought_out_of_sight_shows_that_the_model_works(
    model: ChatModel, chat_server: ChatServer
) -> None:
    chat_server.default = ChatAnswer("hi", reasoning="long and hard")
    arrived: list[str] = []
    await model.reply(asking(), arrived.append)
    assert "".join(arrived) == "hi"


def test_importing_the_client_imports_no_sdk() -> None:
    code = (
        "import sys, dropout_core.models.chat_completions.client as c\n"
        "c.ChatModel('x', 'http://127.0.0.1:9').preflight()\n"
        "print([name for name in ('openai', 'anthropic', 'httpx2') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
