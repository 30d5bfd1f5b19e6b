"""What goes wrong between the real SDK and a server that does as it is told: tried again, given up, or stopped."""

from __future__ import annotations

import asyncio
import socket

import httpx2
import pytest

from dropout_core.models import ModelError, ModelUnusable, TryAgain, Usage
from dropout_core.models.anthropic.client import AnthropicModel, TimeLimits
from dropout_core.models.anthropic.errors import diagnose
from dropout_core.models.errors.connection_errors import cannot_reach
from dropout_core.models.errors.request_failure import Circumstances
from dropout_core.models.retry.gate import Clock
from dropout_core.models.retry.retrying import FailedTry, RetryingClient
from tests.core.api_model import HELLO, AskedModel, Listener, Patience, asking, ignore
from tests.messages_server import (
    DROP,
    RESET,
    Answer,
    Behaviour,
    Failure,
    Gate,
    MessagesServer,
    Page,
    Pause,
    Stream,
    overloaded_event,
    thinking,
)


class TestRetries:
    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Failure(529, "overloaded_error", "Overloaded"), "API overloaded"),
            (Failure(500, message="Overloaded, try later"), "API overloaded: Overloaded, try later"),
            (Failure(500, message="out of memory"), "API server error 500: out of memory"),
            (Failure(503, message="a\x1b[31m line\nof\u202e it"), "API server error 503: a line of it"),
            (Failure(504, "timeout_error", "30 s"), "API timed out: 30 s"),
            (Failure(429, "rate_limit_error", "50 a minute"), "API rate limited: 50 a minute"),
            (Failure(429, message="key sk-proj-1234567890"), "API rate limited: key [key]"),
            (Page(b"<h1>Bad Gateway</h1>", status=502), "API server error 502"),
            (Page(b"upstream is gone\n", "text/plain", 502), "API server error 502: upstream is gone"),
            (DROP, "API connection lost"),
            (Stream([DROP]), "API connection lost"),
            (Stream([*HELLO.events()[:4], DROP]), "API connection lost"),
            (Stream([*HELLO.events()[:4], overloaded_event()]), "API overloaded"),
            (Stream([b"event: error\ndata: out of memory\n\n"]), "API server error: out of memory"),
            (Stream([b'data: {"error": {"message": "lost it"}}\n\n']), "API server error: lost it"),
            (Stream(HELLO.events()[:-2]), "API reply incomplete"),
            (Stream([]), "API reply incomplete"),
            (Stream([HELLO.events()[0], b"event: message_delta\ndata: {oops\n\n"]), "API reply malformed"),
            (Stream([b"event: x\ndata: \xff\n\n"]), "API reply malformed"),
        ],
        ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
    )
    async def test_passing_fault_is_tried_again_until_patience_ends(
        self,
        api_model: AskedModel,
        messages_server: MessagesServer,
        patience: Patience,
        fault: Behaviour,
        reason: str,
    ) -> None:
        messages_server.play(fault, fault)
        assert (await api_model.reply(asking(), ignore)).message.text == "hello"
        assert len(messages_server.requests) == 3
        assert len(patience.waits) == 2

        messages_server.default = fault
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert not isinstance(caught.value, ModelUnusable)
        words, colon, said = reason.partition(":")
        assert str(caught.value) == f"{words}, gave up after 8 tries{colon}{said}"
        assert len(messages_server.requests) == 3 + 8

    async def test_silence_is_a_time_out(
        self, messages_server: MessagesServer, patience: Patience, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = Gate()
        events = HELLO.events()
        messages_server.default = Stream([*events[:3], gate, *events[3:]])
        limits = TimeLimits(first_token=30, stall=0.2)
        patient = AnthropicModel("claude-x", messages_server.url, time_limits=limits)
        model = AskedModel(patient, patience.clock, max_tries=2)
        with pytest.raises(ModelError, match=r"^API timed out, gave up after 2 tries$"):
            await model.reply(asking(), ignore)
        assert len(messages_server.requests) == 2
        await model.close()

    @pytest.mark.parametrize(
        ("arrived", "limits"),
        [
            (2, TimeLimits(first_token=30, stall=30, thinking=0.2)),  # the block has begun
            (4, TimeLimits(first_token=30, stall=0.2, thinking=30)),  # and ended
        ],
        ids=["while it thinks", "afterwards"],
    )
    async def test_thinking_out_of_sight_has_a_patience_of_its_own(
        self, messages_server: MessagesServer, arrived: int, limits: TimeLimits
    ) -> None:
        gate = Gate()
        events = Answer("hi", (thinking(""),)).events()
        assert [event["type"] for event in events[1:4]] == [
            "content_block_start", "content_block_delta", "content_block_stop",
        ]  # fmt: skip
        messages_server.default = Stream([*events[:arrived], gate, *events[arrived:]])
        model = AnthropicModel("claude-x", messages_server.url, time_limits=limits)
        with pytest.raises(TryAgain, match=r"^API timed out$"):
            await model.reply(asking(), ignore)
        assert await asyncio.to_thread(messages_server.hung_up.wait, 30)
        await model.close()

    async def test_pings_are_no_reply_for_ever(
        self, messages_server: MessagesServer, patience: Patience
    ) -> None:
        """Bytes go on arriving; the tokens do not."""
        pings = [step for _ in range(200) for step in ({"type": "ping"}, Pause(0.02))]
        messages_server.default = Stream([HELLO.events()[0], *pings])
        limits = TimeLimits(first_token=0.3, stall=30, thinking=0.3)
        patient = AnthropicModel("claude-x", messages_server.url, time_limits=limits)
        with pytest.raises(TryAgain, match=r"^API timed out$"):
            await patient.reply(asking(), ignore)
        assert await asyncio.to_thread(messages_server.hung_up.wait, 30)
        await patient.close()

    async def test_reply_that_is_whole_outlasts_a_server_that_does_not_hang_up(
        self, messages_server: MessagesServer
    ) -> None:
        messages_server.default = Stream([*HELLO.events()[:-1], Gate()])
        limits = TimeLimits(first_token=30, stall=0.2)
        model = AnthropicModel("claude-x", messages_server.url, time_limits=limits)
        assert (await model.reply(asking(), ignore)).message.text == HELLO.text
        await model.close()

    async def test_reply_is_whole_once_it_has_a_stop_reason(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Stream([*HELLO.events()[:-1], DROP]))
        assert (await api_model.reply(asking(), ignore)).message.text == HELLO.text
        assert len(messages_server.requests) == 1

    async def test_reply_holds_nothing_of_the_try_that_broke_off(
        self, messages_server: MessagesServer, patience: Patience
    ) -> None:
        model = AnthropicModel("claude-x", messages_server.url)
        persistent = RetryingClient(model, limit=1, clock=patience.clock)
        busy = Failure(529, "overloaded_error", "come back later")
        messages_server.play(busy, Stream([*HELLO.events()[:3], DROP]), Answer("good"))
        pieces: list[str] = []
        told = Listener(pieces.append)
        reply = await persistent.reply(asking(), told)
        await model.close()

        assert reply.message.text == "good"
        assert "".join(pieces) == HELLO.text[:8] + "good"
        assert told.failures == [
            FailedTry("API overloaded: come back later", Usage(), discarded_text=False),
            FailedTry("API connection lost", Usage(12, 1), discarded_text=True),
        ]
        assert [(held.reason, held.failures, held.max_tries) for held in told.holds] == [
            ("API overloaded", 1, 8),
            ("API connection lost", 2, 8),
        ]
        assert [held.seconds for held in told.holds] == patience.waits

    @pytest.mark.parametrize(
        ("headers", "at_least", "at_most"),
        [
            ({}, 0.375, 0.5),
            ({"retry-after": "7"}, 7, 7.5),
            ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5, 2),
            ({"retry-after": "86400"}, 60, 60.5),
            ({"retry-after": "Sat, 01 Jan 2000 00:00:00 GMT"}, 0.375, 0.5),
            ({"retry-after": "soon"}, 0.375, 0.5),
            ({"retry-after": "nan"}, 0.375, 0.5),
        ],
    )
    async def test_waits_as_long_as_asked_within_reason(
        self,
        api_model: AskedModel,
        messages_server: MessagesServer,
        patience: Patience,
        headers: dict[str, str],
        at_least: float,
        at_most: float,
    ) -> None:
        messages_server.play(Failure(429, "rate_limit_error", headers=headers))
        await api_model.reply(asking(), ignore)
        (wait,) = patience.waits
        assert at_least <= wait <= at_most

    async def test_waits_grow(
        self, api_model: AskedModel, messages_server: MessagesServer, patience: Patience
    ) -> None:
        messages_server.default = Failure(529)
        with pytest.raises(ModelError):
            await api_model.reply(asking(), ignore)
        assert len(patience.waits) == 7
        assert patience.waits == sorted(patience.waits)
        assert 40 < sum(patience.waits) < 65

    async def test_server_that_asks_not_to_be_tried_again_is_not(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        messages_server.play(Failure(500, message="broken for good", headers={"x-should-retry": "false"}))
        with pytest.raises(ModelError, match=r"^API server error 500: broken for good$"):
            await api_model.reply(asking(), ignore)
        assert len(messages_server.requests) == 1


class TestUnusable:
    """What makes every request fail is said once, in a line that tells what to do."""

    @pytest.mark.parametrize(
        ("fault", "line"),
        [
            (
                Failure(401, "authentication_error", "invalid x-api-key"),
                "the server refused the key (401); check ANTHROPIC_API_KEY",
            ),
            (
                Failure(403, "permission_error", "not for you"),
                "the server refused the key (403: not for you); check ANTHROPIC_API_KEY",
            ),
            (
                Failure(404, "not_found_error", "model: claude-x"),
                "{url} does not know the model 'claude-x'; check --model",
            ),
            (
                Failure(404, "not_found_error", "File Not Found"),
                "no Messages API at {url} (404: File Not Found); check --base-url",
            ),
            (Page(b"<h1>501</h1>", status=501), "no Messages API at {url} (501); check --base-url"),
            (
                Page(b"<h1>Welcome</h1>"),
                "no Messages API at {url} (it answers with text/html); check --base-url",
            ),
            (
                Failure(400, "invalid_request_error", "max_tokens:\n too large, " + "very " * 100),
                "the server refused the request (400: max_tokens: too large, very",
            ),
            (
                Failure(400, "invalid_request_error", "Your credit balance is too low to access the API."),
                "the account cannot pay for requests (400: Your credit balance is too low to access the API.); "
                "check its plan and limits",
            ),
            (Failure(402, "billing_error", "no card"), "the account cannot pay for requests (402: no card)"),
            (
                Failure(
                    429, "rate_limit_error", "no more", details={"error_code": "contract_spend_limit_reached"}
                ),
                "the account cannot pay for requests (429: no more)",
            ),
        ],
        ids=lambda value: value[:30].replace(" ", "-") if isinstance(value, str) else "",
    )
    async def test_refusal_stops_everything(
        self, api_model: AskedModel, messages_server: MessagesServer, fault: Behaviour, line: str
    ) -> None:
        messages_server.default = fault
        with pytest.raises(ModelUnusable) as caught:
            await api_model.reply(asking(), ignore)
        said = str(caught.value)
        assert said.startswith(line.format(url=messages_server.url))
        assert "\n" not in said
        assert len(said) < 320
        assert len(messages_server.requests) == 1

    @pytest.mark.parametrize("kind", ["authentication_error", "billing_error", "permission_error"])
    async def test_key_or_account_refused_in_the_middle_of_a_reply(
        self, api_model: AskedModel, messages_server: MessagesServer, kind: str
    ) -> None:
        await api_model.reply(asking(), ignore)
        no_more = {"type": "error", "error": {"type": kind, "message": "no more"}}
        messages_server.default = Stream([*HELLO.events()[:4], no_more])
        with pytest.raises(ModelUnusable) as caught:
            await api_model.reply(asking(), ignore)
        line = "API broke off the reply: no more; check ANTHROPIC_API_KEY and the account"
        assert str(caught.value) == line
        with pytest.raises(ModelUnusable, match="no more"):
            await api_model.reply(asking(), ignore)
        assert len(messages_server.requests) == 2  # the last one was not even sent

    async def test_nobody_there(self, patience: Patience) -> None:
        with socket.socket() as taken:  # bound, but it does not listen: nobody else can answer there
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            model = AskedModel(AnthropicModel("claude-x", url), patience.clock)
            with pytest.raises(ModelUnusable) as caught:
                await model.reply(asking(), ignore)
            await model.close()
        assert str(caught.value) == (
            f"cannot reach {url}: connection refused; check --base-url and that the server is running"
        )
        assert len(patience.waits) == 2

    async def test_server_that_is_only_starting_is_waited_for(self) -> None:
        """Refused at first, and there when the second try comes."""
        started: list[MessagesServer] = []
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]

            async def start_it(seconds: float) -> None:
                taken.close()
                started.append(MessagesServer(HELLO, port=port))

            model = AskedModel(AnthropicModel("claude-x", f"http://127.0.0.1:{port}"), Clock(sleep=start_it))
            assert (await model.reply(asking(), ignore)).message.text == HELLO.text
        await model.close()
        (server,) = started
        assert len(server.requests) == 1
        server.close()

    @pytest.mark.parametrize("broken", [DROP, RESET], ids=["closed", "reset"])
    async def test_server_that_is_there_and_never_answers_costs_only_the_attempt(
        self, api_model: AskedModel, messages_server: MessagesServer, broken: Behaviour
    ) -> None:
        """A connection that breaks is not one that cannot be made: the address is right."""
        messages_server.default = broken
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert not isinstance(caught.value, ModelUnusable)
        assert str(caught.value) == "API connection lost, gave up after 8 tries"
        assert len(messages_server.requests) == 8

    def test_no_such_host(self) -> None:
        """Judged without asking: a real look-up would leave this machine."""
        failed = httpx2.ConnectError("All connection attempts failed")
        failed.__cause__ = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        url = "http://user:secret@llm.example"
        fault = diagnose(failed, Circumstances("claude-x", url, answered=False))
        assert fault.unreachable == "its name cannot be resolved"
        assert cannot_reach(url, fault.unreachable) == (
            "cannot reach http://llm.example: its name cannot be resolved; "
            "check --base-url and that the server is running"
        )

    async def test_server_that_dies_later_costs_only_the_attempt(
        self, api_model: AskedModel, messages_server: MessagesServer, patience: Patience
    ) -> None:
        await api_model.reply(asking(), ignore)
        messages_server.close()
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert not isinstance(caught.value, ModelUnusable)
        assert str(caught.value) == "API connection lost, gave up after 8 tries"

    async def test_refusal_after_a_reply_costs_only_the_attempt(
        self, api_model: AskedModel, messages_server: MessagesServer
    ) -> None:
        await api_model.reply(asking(), ignore)
        messages_server.play(Failure(400, "invalid_request_error", "prompt is too long"))
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert not isinstance(caught.value, ModelUnusable)
        assert str(caught.value) == "API refused the request (400: prompt is too long)"

    @pytest.mark.parametrize(
        ("fault", "line"),
        [
            (Failure(413, "invalid_request_error", "too big"), "API refused the request (413: too big)"),
            (
                Stream([{"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}]),
                "API broke off the reply: no",
            ),
        ],
        ids=["too-large", "event"],
    )
    async def test_refusal_of_one_request_costs_only_the_attempt(
        self, api_model: AskedModel, messages_server: MessagesServer, fault: Behaviour, line: str
    ) -> None:
        messages_server.play(fault)
        with pytest.raises(ModelError) as caught:
            await api_model.reply(asking(), ignore)
        assert not isinstance(caught.value, ModelUnusable)
        assert str(caught.value) == line
        assert len(messages_server.requests) == 1

    @pytest.mark.parametrize(
        "url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://h:port", "nonsense", "http://[::1"]
    )
    async def test_invalid_address(self, url: str) -> None:
        model = AnthropicModel("claude-x", url)
        with pytest.raises(ModelUnusable, match="is not a web address"):
            model.preflight()
        with pytest.raises(ModelUnusable, match="is not a web address"):
            await model.reply(asking(), ignore)
