"""What is sent to a model and stored holds no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropout_core.models.request_settings import parse_fields, parse_system
from dropout_core.task.prompt import load_prompt
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.files.text_file import TextUnreadable
from dropout_core.values.known_secrets import secret_in

KEY = "not-of-the-usual-shape/0123456789"
PRIVATE = (
    "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File-3: ssh-ed25519",
)


@pytest.mark.parametrize(
    ("environment", "text", "what"),
    [
        ({"ANTHROPIC_API_KEY": KEY}, f"Write dropout.\nANTHROPIC_API_KEY={KEY}\0", "ANTHROPIC_API_KEY"),
        ({"ANTHROPIC_AUTH_TOKEN": f" {KEY}\n"}, f"x{KEY}x", "ANTHROPIC_AUTH_TOKEN"),
        ({"ANTHROPIC_CUSTOM_HEADERS": f"x-a: b\nauthorization: Bearer {KEY}"}, KEY, "ANTHROPIC_CUSTOM_HEADERS"),
        ({"GITHUB_TOKEN": KEY}, KEY, "GITHUB_TOKEN"),
        ({"AWS_SECRET_ACCESS_KEY": KEY}, KEY, "AWS_SECRET_ACCESS_KEY"),
        *(({}, f"Write dropout.\n{text}", "a private key") for text in PRIVATE),
        ({}, "the key is sk-ant-api03-abcdefgh.", "a key of the Anthropic API"),
    ],
)  # fmt: skip
def test_secrets_that_are_known(environment: dict[str, str], text: str, what: str) -> None:
    found = secret_in(text, environment)
    assert found is not None
    assert what in found
    assert KEY not in found


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({}, "Write dropout. Keys such as sk-ant-… are not needed; a public one begins with ssh-ed25519."),
        ({}, "-----BEGIN PUBLIC KEY-----"),
        ({"ANTHROPIC_API_KEY": "test"}, "this is a test"),
        ({"ANTHROPIC_API_KEY": ""}, "anything"),
        ({"ANTHROPIC_CUSTOM_HEADERS": "x-team: dropout"}, "write dropout"),
        ({"TLS_KEY": "/etc/ssl/private/server.key"}, "/etc/ssl/private/server.key"),
        ({"EDITOR": "some-editor-with-a-long-name"}, "some-editor-with-a-long-name"),
    ],
)
def test_what_is_none(environment: dict[str, str], text: str) -> None:
    assert secret_in(text, environment) is None


def test_everything_that_is_sent_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    file = tmp_path / "prompt.txt"
    for text in (f"Write dropout. {KEY}", f"Write dropout.\n{PRIVATE[0]}"):
        file.write_text(text)
        for read in (
            lambda: load_prompt(str(file), suite="basic", mode="answer", task=dropout),
            lambda: parse_system(f"@{file}"),
        ):
            with pytest.raises(TextUnreadable, match="neither sent nor stored; take it out") as refused:
                read()
            assert KEY not in str(refused.value)
    with pytest.raises(ValueError, match="the system prompt holds the value of ANTHROPIC_API_KEY"):
        parse_system(f"You have {KEY}")
    with pytest.raises(ValueError, match="the value of a field holds the value of ANTHROPIC_API_KEY"):
        parse_fields(f'metadata={{"user_id": "{KEY}"}}')
