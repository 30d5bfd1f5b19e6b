"""Certificates that are trusted, read once however many clients there are: they are some hundred."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

NAMED_BY = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name others than those of the system."""


def trusted_certificates() -> ssl.SSLContext:
    """What the environment names, or else the system.

    Raises:
        OSError: they cannot be read.
    """
    return _read(tuple(map(os.environ.get, NAMED_BY)))


@cache
def _read(_named: tuple[str | None, ...]) -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context()  # reads those variables itself
