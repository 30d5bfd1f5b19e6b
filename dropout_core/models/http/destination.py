"""Destination of requests, and whose key goes with them: known, and shown where needed, before the first is sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dropout_core.models.http.credentials import (
    address_of,
    base_of,
    credential_names,
    is_loopback,
    is_official,
    one_line,
    shown_url,
    split_address,
)
from dropout_core.models.http.proxies import proxy_of
from dropout_core.values.api import Api
from dropout_core.values.config import LOCAL_MODEL, EvaluationConfig

LOADING = (
    f"loading {LOCAL_MODEL} into a process of its own on this machine; nothing leaves it, and nothing is paid"
)
LONGEST = 300
"""Most characters shown of an address."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A server, as the requests of one evaluation reach it."""

    address: str
    credentials: tuple[str, ...] = ()
    """Variables whose credentials are sent along; empty when none are."""
    proxy: str | None = None
    """Proxy through which requests pass, which can read them."""
    api: Api = "anthropic"

    @property
    def shown(self) -> str:
        """The address on one line, without a password."""
        return one_line(shown_url(self.address), LONGEST)

    @property
    def is_loopback(self) -> bool:
        """Whether requests stay on this machine."""
        return self.proxy is None and is_loopback(self.address)

    @property
    def is_official(self) -> bool:
        """Whether only the company of the API, Anthropic or OpenAI, can read them."""
        return is_official(self.address, self.api)

    @property
    def is_usual(self) -> bool:
        """Whether the user need not be told about it."""
        return self.is_official or self.is_loopback

    @property
    def words(self) -> str:
        """Address and credentials, in one line."""
        along = f"with your {' and '.join(self.credentials)}" if self.credentials else "without a key"
        through = "" if self.proxy is None else f" through the proxy {one_line(self.proxy, LONGEST)}"
        return f"requests go to {self.shown}{through}, {along}"


def destination_of(config: EvaluationConfig, environ: Mapping[str, str] = os.environ) -> Destination | None:
    """Destination of an evaluation's requests; ``None`` when it makes none, or only to this program's own server."""
    if config.asks_nobody or config.is_local:
        return None
    return destination_at(config.base_url, environ, config.api)


def told_first(config: EvaluationConfig, environ: Mapping[str, str] = os.environ) -> str:
    """What the user is to know before the first request: an address that is not the usual one, or that the model has to
    be loaded; empty for nothing."""
    if config.is_local:
        return LOADING
    destination = destination_of(config, environ)
    return "" if destination is None or destination.is_usual else destination.words


def destination_at(
    base_url: str | None, environ: Mapping[str, str] = os.environ, api: Api = "anthropic"
) -> Destination:
    """Destination of requests to `base_url`; ``None`` is the address from the environment, or else the API's own
    server."""
    address = base_of(address_of(api, base_url, environ), api).strip()
    parts = split_address(address)
    # A proxy only passes on what is encrypted.
    proxy = proxy_of(address) if parts is not None and parts.scheme == "http" else None
    return Destination(address, credential_names(environ, api), proxy, api)
