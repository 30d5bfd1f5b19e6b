"""API addresses and credentials, as far as they are known without importing an SDK.

The SDKs themselves read the credentials from the environment; nothing here keeps them.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from dropout_core.models import ModelUnusable
from dropout_core.values.api import APIS, Api

API_URL = "https://api.anthropic.com"
OFFICIAL_URLS: Mapping[Api, str] = {"anthropic": API_URL, "openai": "https://api.openai.com/v1"}
"""Where requests go when no other address is given."""
ADDRESS_NAMES: Mapping[Api, str] = {"anthropic": "ANTHROPIC_BASE_URL", "openai": "OPENAI_BASE_URL"}
"""Variables that hold another address."""
PLACEHOLDER_KEY = "no-key-needed"
"""Sent to a server of one's own when no key is set: the SDKs insist on one, such servers do not."""

_KEY_NAMES: Mapping[Api, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "openai": ("OPENAI_API_KEY",),
}
_HEADERS_NAMES: Mapping[Api, str] = {
    "anthropic": "ANTHROPIC_CUSTOM_HEADERS",
    "openai": "OPENAI_CUSTOM_HEADERS",
}
_OTHER_SECRETS = ("ANTHROPIC_IDENTITY_TOKEN", "OPENAI_ADMIN_KEY")
_IDENTITY_NAMES = ("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE")
_KEY_SHAPE = re.compile(r"\bsk-[\w-]{8,}|(?<=bearer )[\w.~+/=-]{8,}", re.IGNORECASE)
_NAME_AND_PASSWORD = re.compile(r"(?<=://)[^\s/@?#]+@")
_TERMINAL_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-_])")
_NOT_SHOWN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]+"
)
_NO_PART = re.compile(r"[\s\\?#\x00-\x1f\x7f]")
_PATH_OF_MESSAGES = re.compile(r"(/v1)?(/messages)?/*$")
_PATH_OF_CHAT = re.compile(r"(/chat/completions)?/*$")


def key_configured(environ: Mapping[str, str] = os.environ, api: Api = "anthropic") -> bool:
    """Whether the API's SDK would find credentials: a key, a token, a profile or a workload identity."""
    if any(environ.get(name) for name in _KEY_NAMES[api]):
        return True
    if any(name.lower() in ("authorization", "x-api-key") for name, _ in _custom_headers(environ, api)):
        return True
    return api == "anthropic" and _identity_configured(environ)


def _identity_configured(environ: Mapping[str, str]) -> bool:
    """Whether there is a profile or a workload identity of the Anthropic API."""
    if environ.get("ANTHROPIC_PROFILE"):
        return True
    if (
        environ.get("ANTHROPIC_FEDERATION_RULE_ID")
        and environ.get("ANTHROPIC_ORGANIZATION_ID")
        and any(environ.get(name) for name in _IDENTITY_NAMES)
    ):
        return True
    return _profile_on_disk(environ)


def credential_names(environ: Mapping[str, str] = os.environ, api: Api = "anthropic") -> tuple[str, ...]:
    """Variables whose credentials the API's SDK would send; empty when it would send none."""
    names = [name for name in (*_KEY_NAMES[api], _HEADERS_NAMES[api]) if environ.get(name)]
    if names or not key_configured(environ, api):
        return tuple(names)
    return (
        "Anthropic profile" if _profile_on_disk(environ) or environ.get("ANTHROPIC_PROFILE") else "identity",
    )


def _custom_headers(environ: Mapping[str, str], api: Api) -> list[tuple[str, str]]:
    """Names and values of headers that the SDK is configured to add to every request."""
    lines = environ.get(_HEADERS_NAMES[api], "").split("\n")
    return [
        (name.strip(), value.strip())
        for name, colon, value in (line.partition(":") for line in lines)
        if colon
    ]


def _profile_on_disk(environ: Mapping[str, str]) -> bool:
    """Whether the SDK's active profile has a file where the SDK looks for it on Linux and macOS."""
    try:
        folder = Path(environ.get("ANTHROPIC_CONFIG_DIR") or Path.home() / ".config" / "anthropic")
        pointer = folder / "active_config"
        active = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
        return (folder / "configs" / f"{active or 'default'}.json").is_file()
    except (OSError, RuntimeError, ValueError):  # unreadable, no home folder, not text
        return False


def key_name(environ: Mapping[str, str] = os.environ, api: Api = "anthropic") -> str:
    """Variable to name when the key is refused: the one in use, else the one to set."""
    return next((name for name in _KEY_NAMES[api] if environ.get(name)), _KEY_NAMES[api][0])


def check_key(base_url: str | None, environ: Mapping[str, str] = os.environ, api: Api = "anthropic") -> None:
    """Check that there are credentials to send, and that a header can carry them.

    Args:
        base_url: where the requests will go; ``None`` for the SDK's own default.
        environ: where to look.
        api: the API that the server speaks. Many servers of Chat Completions want no key, wherever they are: only
            OpenAI's own is known to.

    Raises:
        ModelUnusable: there are none although the server wants them, or the key cannot be sent.
    """
    name = key_name(environ, api)
    key = environ.get(name, "")
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise ModelUnusable(
            f"{name} holds a space, a line break or another character no key has; set it again"
        )
    if key_configured(environ, api) or (base_url and is_local(base_url)):
        return
    if api == "anthropic" or base_url is None or is_official(base_url, api):
        raise ModelUnusable(f"no API key: set {name}, or use --model sample")


def check_base_url(base_url: str, api: Api = "anthropic") -> None:
    """Check that `base_url` is an ``http`` or ``https`` address.

    Raises:
        ModelUnusable: it is not.
    """
    parts = split_address(base_url)
    unreadable = parts is None or parts.scheme not in ("http", "https") or not parts.hostname
    # Programs disagree about backslashes and blanks in an address; and a path that is appended to a query or a fragment
    # would become part of it.
    if unreadable or _NO_PART.search(base_url.strip()):
        raise ModelUnusable(
            f"{one_line(base_url, 80)!r} is not a web address such as http://127.0.0.1:8080; "
            f"check --base-url and {ADDRESS_NAMES[api]}"
        )


def base_of_messages(base_url: str) -> str:
    """`base_url` without ``/v1/messages``, which every request adds."""
    return _PATH_OF_MESSAGES.sub("", base_url.strip()) if "/v1" in base_url else base_url


def base_of_chat(base_url: str) -> str:
    """`base_url` without ``/chat/completions``, which every request adds; an address without any path gets ``/v1``,
    where such servers have it."""
    base = _PATH_OF_CHAT.sub("", base_url.strip())
    parts = split_address(base)
    return f"{base}/v1" if parts is not None and parts.netloc and parts.path in ("", "/") else base


def base_of(base_url: str, api: Api) -> str:
    """`base_url` as what every request adds its path to."""
    return base_of_messages(base_url) if api == "anthropic" else base_of_chat(base_url)


def address_of(api: Api, base_url: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """Where requests go: `base_url`, or else what the environment says, or the API's own server."""
    return base_url or environ.get(ADDRESS_NAMES[api]) or OFFICIAL_URLS[api]


def is_official(base_url: str, api: Api) -> bool:
    """Whether the address is the API's own server, over TLS."""
    parts, known = split_address(base_url), urlsplit(OFFICIAL_URLS[api])
    if parts is None:
        return False
    return (parts.scheme, parts.hostname, parts.port or 443) == (known.scheme, known.hostname, 443)


def is_local(base_url: str) -> bool:
    """Whether the server is on this machine or its own network: a loopback or private address or name."""
    parts = split_address(base_url)
    host = (parts.hostname or "") if parts else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and ("." not in host or host.endswith((".localhost", ".local", ".internal")))
    return address.is_private or address.is_loopback or address.is_link_local


def is_loopback(base_url: str) -> bool:
    """Whether the server is on this machine."""
    parts = split_address(base_url)
    host = (parts.hostname or "") if parts else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def shown_url(base_url: str) -> str:
    """`base_url` without a name and password, to be shown."""
    parts = split_address(base_url)
    if parts is None:
        return base_url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")


def split_address(base_url: str) -> SplitResult | None:
    """Parts of an address; ``None`` when it cannot be parsed."""
    try:
        parts = urlsplit(base_url.strip())
        _ = parts.port  # raises when it is not a number, or too large
    except ValueError:
        return None
    return parts


def one_line(text: str, limit: int = 200) -> str:
    """`text` on one line of at most `limit` printable characters, with every known key removed."""
    shown = _NOT_SHOWN.sub(" ", _TERMINAL_SEQUENCE.sub("", text))
    line = " ".join(scrub(shown).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def scrub(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """`text` without credentials from the environment, or anything that looks like a key."""
    names = (*(name for api in APIS for name in _KEY_NAMES[api]), *_OTHER_SECRETS)
    secrets = [environ.get(name, "").strip() for name in names]
    headers = (value for api in APIS for _, value in _custom_headers(environ, api))
    secrets += [part for value in headers for part in (value, value.rpartition(" ")[2])]
    for secret in secrets:
        if len(secret) >= 6:  # shorter ones would match ordinary words
            text = text.replace(secret, "[key]")
    return _NAME_AND_PASSWORD.sub("", _KEY_SHAPE.sub("[key]", text))
