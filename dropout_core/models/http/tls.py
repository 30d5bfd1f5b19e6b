"""Test whether a server that hung up without a word expects TLS."""

from __future__ import annotations

import asyncio
import ssl
from urllib.parse import urlsplit

from dropout_core.models.http.proxies import proxy_of

_PATIENCE = 5.0


async def wants_tls_at(base_url: str) -> bool:
    """Whether the server of an ``http`` address completes a TLS handshake. Nothing else is sent, least of all a key."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or parts.hostname is None or proxy_of(base_url) is not None:
        return False
    anyone = ssl.create_default_context()
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, ssl=anyone)
    except (OSError, TimeoutError, ValueError):
        return False
    writer.close()
    return True
