"""Secrets in texts: nothing that is sent to a model, and stored, may contain one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

SHORTEST_KEY = 8
"""Least characters of a key; shorter ones would be found in ordinary words."""
SHORTEST_OTHER = 16
"""Least characters of a secret that is only recognised by its variable's name."""

KEY_NAMES = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN",
    "OPENAI_API_KEY",
    "OPENAI_ADMIN_KEY",
)
"""Variables that contain nothing but a key."""
HEADERS = ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS")
"""Variables whose lines are headers, which may contain keys."""
_OTHER_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS)$")
_SHAPES = (
    (
        "a private key",
        re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1"),
    ),
    ("a key of the Anthropic API", re.compile(r"\bsk-ant-[\w-]{8,}")),
    ("a key of OpenAI", re.compile(r"\bsk-(proj|svcacct|admin)-[\w-]{16,}")),
)


def secret_in(text: str, environ: Mapping[str, str] = os.environ) -> str | None:
    """Description of a secret in `text`, without the secret itself; ``None`` when none is known.

    Known secrets are the values of variables in `environ` that contain keys, and anything in the form of a private key
    or of a key of the API.
    """
    for name, secret in _secrets_of(environ):
        if secret in text:
            return f"the value of {name}"
    return next((what for what, shape in _SHAPES if shape.search(text)), None)


def refuse_secrets(text: str, what: str) -> None:
    """Check that `text`, described as `what`, contains no secret.

    Raises:
        ValueError: it holds a secret; the message is one line that says which and what to do.
    """
    secret = secret_in(text)
    if secret is not None:
        raise ValueError(f"the {what} holds {secret}, which is neither sent nor stored; take it out")


def _secrets_of(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name in HEADERS:
            shortest, secrets = SHORTEST_OTHER, _header_values(value)
        elif name in KEY_NAMES:
            shortest, secrets = SHORTEST_KEY, [value.strip()]
        elif _OTHER_NAMES.search(name.upper()):
            # A path tells where the secret is; it is not a secret itself.
            shortest, secrets = (
                SHORTEST_OTHER,
                [value.strip()] if not value.startswith(("/", "~", ".")) else [],
            )
        else:
            continue
        yield from ((name, secret) for secret in secrets if len(secret) >= shortest)


def _header_values(lines: str) -> list[str]:
    """Values of headers, and keys in ``Bearer KEY``."""
    values = [line.partition(":")[2].strip() for line in lines.split("\n")]
    return [part for value in values for part in (value, value.rpartition(" ")[2])]
