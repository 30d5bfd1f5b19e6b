"""Where no connection to the server can be made, the line says which of those on the way it was, and what to do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from dropout_core.models import ModelError, ModelUnusable
from dropout_core.models.anthropic.client import AnthropicModel
from tests.core.api_model import KEY, AskedModel, Patience, asking, ignore
from tests.messages_server import Behaviour, Failure, MessagesServer, Page


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, and no proxy of the machine's."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    for scheme in ("http", "https", "all", "no"):
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            monkeypatch.delenv(name, raising=False)


async def said(url: str, patience: Patience) -> str:
    """What asking a model at `url` comes to."""
    model = AskedModel(AnthropicModel("claude-x", url), patience.clock)
    with pytest.raises(ModelError) as caught:
        await model.reply(asking(), ignore)
    await model.close()
    return str(caught.value)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address that nobody listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


class TestProxies:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_proxy_that_is_not_there(
        self, monkeypatch: pytest.MonkeyPatch, patience: Patience, nowhere: str, scheme: str
    ) -> None:
        setting = f"{scheme.upper()}_PROXY"
        monkeypatch.setenv(setting, f"http://name:secret@{nowhere}")
        assert await said(f"{scheme}://api.example", patience) == (
            f"cannot reach the proxy http://{nowhere}: connection refused; "
            f"check {setting} and that it runs, or unset it"
        )
        assert len(patience.waits) == 2

    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        ("status", "line"),
        [
            (407, "the proxy at {proxy} wants a name and password (407); set them in {setting}"),
            (403, "the proxy at {proxy} refuses (403"),
        ],
    )
    async def test_proxy_that_refuses(
        self,
        monkeypatch: pytest.MonkeyPatch,
        messages_server: MessagesServer,
        patience: Patience,
        scheme: str,
        status: int,
        line: str,
    ) -> None:
        page: Behaviour = Page(b"<h1>no</h1>", status=status) if scheme == "http" else Failure(status)
        messages_server.default = page
        setting = f"{scheme.upper()}_PROXY"
        monkeypatch.setenv(setting, messages_server.url)
        told = await said(f"{scheme}://api.example", patience)
        assert told.startswith(line.format(proxy=messages_server.url, setting=setting))
        assert setting in told
        assert len(messages_server.requests) == 1

    async def test_proxy_that_finds_no_server_is_tried_again(
        self, monkeypatch: pytest.MonkeyPatch, messages_server: MessagesServer, patience: Patience
    ) -> None:
        messages_server.default = Page(b"<h1>Bad Gateway</h1>", status=502)
        monkeypatch.setenv("HTTP_PROXY", messages_server.url)
        assert await said("http://api.example", patience) == "proxy error 502, gave up after 8 tries"

    async def test_reply_through_a_proxy(
        self, monkeypatch: pytest.MonkeyPatch, messages_server: MessagesServer
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", messages_server.url)
        model = AnthropicModel("claude-x", "http://api.example")
        assert (await model.reply(asking(), ignore)).message.text == "hello"
        await model.close()

    async def test_socks_without_its_package(
        self, monkeypatch: pytest.MonkeyPatch, patience: Patience
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
        assert await said("http://api.example", patience) == (
            "a SOCKS proxy needs one more package, install it with: pip install socksio"
        )


class Listening:
    """A server that shakes hands in TLS if it has a certificate, and answers nothing that helps."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            secured = self._context.wrap_socket(connection, server_side=True) if self._context else connection
            with secured:
                secured.recv(65536)
                secured.sendall(b"HTTP/1.1 402 X\r\ncontent-length: 2\r\n\r\n{}")

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Nobody trusts it unless told to."""
    return trustme.CA()


@pytest.fixture
def secured(authority: trustme.CA) -> Iterator[Listening]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = Listening(context)
    yield server
    server.close()


class TestTLS:
    async def test_certificate_that_is_not_trusted(self, secured: Listening, patience: Patience) -> None:
        url = f"https://127.0.0.1:{secured.port}"
        told = await said(url, patience)
        assert told.startswith(f"the certificate of {url} is not trusted (unable to get local issuer")
        assert told.endswith("set SSL_CERT_FILE to the certificate of its signer")
        assert patience.waits == []

    async def test_what_that_line_advises_helps(
        self,
        secured: Listening,
        authority: trustme.CA,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        patience: Patience,
    ) -> None:
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        told = await said(f"https://127.0.0.1:{secured.port}", patience)
        assert told.startswith("the account cannot pay")  # which is what it answers

    async def test_plain_words_to_a_server_that_wants_tls(
        self, secured: Listening, patience: Patience
    ) -> None:
        url = f"http://127.0.0.1:{secured.port}"
        assert await said(url, patience) == (
            f"the server at {url} speaks TLS; write {url.replace('http', 'https')} with --base-url"
        )

    async def test_tls_to_a_server_that_speaks_plainly(self, patience: Patience) -> None:
        server = Listening(None)
        url = f"https://127.0.0.1:{server.port}"
        told = await said(url, patience)
        server.close()
        assert told == (
            f"the server at {url} does not speak TLS; write {url.replace('https', 'http')} with --base-url"
        )
        assert patience.waits == []


async def test_server_that_once_answered_is_believed(
    messages_server: MessagesServer, patience: Patience
) -> None:
    """What is amiss later may pass: the address was right."""
    model = AskedModel(AnthropicModel("claude-x", messages_server.url), patience.clock)
    await model.reply(asking(), ignore)
    messages_server.default = Failure(307, headers={"location": "https://elsewhere.example/"})
    with pytest.raises(ModelError) as caught:
        await model.reply(asking(), ignore)
    assert not isinstance(caught.value, ModelUnusable)
    assert str(caught.value) == "API moved elsewhere, gave up after 8 tries"
    await model.close()
