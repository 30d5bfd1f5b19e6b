"""Keys: where they are needed, and that they are never shown."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dropout_core.models import ModelError, ModelUnusable
from dropout_core.models.anthropic.client import AnthropicModel
from dropout_core.models.http.credentials import is_local, key_configured, scrub, shown_url
from tests.core.api_model import KEY, asking, ignore
from tests.messages_server import Failure, MessagesServer


class TestCredentials:
    async def test_local_server_needs_no_key(
        self, messages_server: MessagesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("ANTHROPIC_BASE_URL", messages_server.url)
        model = AnthropicModel("local")
        model.preflight()
        assert (await model.reply(asking(), ignore)).message.text == "hello"
        messages_server.play(Failure(401, "authentication_error", "who are you?"))
        with pytest.raises(ModelUnusable) as caught:
            await model.reply(asking(), ignore)
        await model.close()
        assert (
            str(caught.value)
            == f"the server at {messages_server.url} wants a key (401); set ANTHROPIC_API_KEY"
        )

    @pytest.mark.parametrize("url", [None, "https://llm.example.com"])
    async def test_no_key(self, url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        model = AnthropicModel("claude-x", url)
        line = "^no API key: set ANTHROPIC_API_KEY, or use --model sample$"
        with pytest.raises(ModelUnusable, match=line):
            model.preflight()
        with pytest.raises(ModelUnusable, match=line):
            await model.reply(asking(), ignore)

    async def test_token_is_used_and_named(
        self, messages_server: MessagesServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-abcdef")
        messages_server.play(Failure(401, "authentication_error"))
        model = AnthropicModel("claude-x", messages_server.url)
        with pytest.raises(ModelUnusable, match=r"check ANTHROPIC_AUTH_TOKEN$"):
            await model.reply(asking(), ignore)
        await model.close()
        assert messages_server.requests[0].headers["authorization"] == "Bearer token-abcdef"

    @pytest.mark.parametrize("key", [KEY + "\n", "sk ant", "schlüssel", "\x1b[31m"], ids=ascii)
    async def test_key_that_no_header_can_carry(self, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        with pytest.raises(ModelUnusable) as caught:
            await AnthropicModel("claude-x").reply(asking(), ignore)
        assert "ANTHROPIC_API_KEY" in str(caught.value)
        assert key.strip() not in str(caught.value)

    @pytest.mark.parametrize("status", [400, 403, 500])
    async def test_key_appears_in_no_message(
        self,
        messages_server: MessagesServer,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
        status: int,
    ) -> None:
        key = "opaque-0123456789"  # not of a shape that could be recognised
        monkeypatch.setenv("ANTHROPIC_API_KEY", key)
        messages_server.default = Failure(
            status, message=f"bad key {key} and sk-ant-api03-other", headers={"x-should-retry": "false"}
        )
        model = AnthropicModel("claude-x", messages_server.url)
        with caplog.at_level(logging.DEBUG), pytest.raises(ModelError) as caught:
            await model.reply(asking(), ignore)
        await model.close()
        assert "bad key [key] and [key]" in str(caught.value)
        assert caught.value.__context__ is None
        assert caplog.records  # the SDK's own, at least
        for said in (repr(model), repr(vars(model)), caplog.text, *capfd.readouterr()):
            assert key not in said


FEDERATION = {"ANTHROPIC_FEDERATION_RULE_ID": "r", "ANTHROPIC_ORGANIZATION_ID": "o"}


@pytest.mark.parametrize(
    ("environ", "configured"),
    [
        ({}, False),
        ({"ANTHROPIC_API_KEY": ""}, False),
        ({"ANTHROPIC_API_KEY": KEY}, True),
        ({"ANTHROPIC_AUTH_TOKEN": "t"}, True),
        ({"ANTHROPIC_PROFILE": "work"}, True),
        (FEDERATION, False),
        ({**FEDERATION, "ANTHROPIC_IDENTITY_TOKEN_FILE": "f"}, True),
        ({"ANTHROPIC_CUSTOM_HEADERS": "x-team: blue"}, False),
        ({"ANTHROPIC_CUSTOM_HEADERS": "x-team: blue\nAuthorization: Bearer t"}, True),
    ],
)
def test_key_is_found_where_the_sdk_finds_it(
    environ: dict[str, str], configured: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert key_configured(environ) is configured

    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert sdk_finds_credentials() is configured


def sdk_finds_credentials() -> bool:
    """Whether the SDK would send a request with credentials, asked of the SDK itself."""
    import anthropic

    try:
        client = anthropic.AsyncAnthropic(base_url="http://127.0.0.1:9")
    except anthropic.AnthropicError:  # it has found some, and they do not work
        return True
    named = {name.lower() for name in client.default_headers}
    sent = {**client.auth_headers, **dict.fromkeys(named & {"authorization", "x-api-key"})}
    return bool(sent) or client.credentials is not None


def test_profile_on_disk_is_found(tmp_path: Path) -> None:
    environ = {"ANTHROPIC_CONFIG_DIR": str(tmp_path)}
    assert not key_configured(environ)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "default.json").write_text("{}")
    assert key_configured(environ)
    (tmp_path / "active_config").write_text("work\n")
    assert not key_configured(environ)
    (tmp_path / "configs" / "work.json").write_text("{}")
    assert key_configured(environ)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost", True),
        ("http://192.168.0.5:1234", True),
        ("http://llama:8080", True),
        ("http://box.local", True),
        ("https://api.anthropic.com", False),
        ("http://8.8.8.8", False),
        ("https://localhost.example.com", False),
        ("nonsense", False),
    ],
)
def test_local_servers(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_address_is_shown_without_its_password() -> None:
    assert shown_url("http://me:secret@127.0.0.1:80/x/") == "http://127.0.0.1:80/x"


def test_every_secret_is_blotted_out() -> None:
    environ = {
        "ANTHROPIC_API_KEY": "opaque-key",
        "ANTHROPIC_AUTH_TOKEN": "opaque-token",
        "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer header-token",
    }
    assert (
        scrub("opaque-key opaque-token header-token sk-ant-x1-y2 rest", environ)
        == "[key] [key] [key] [key] rest"
    )
