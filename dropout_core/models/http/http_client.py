"""HTTP client for requests: which redirects it follows, and how much of an error it reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from dropout_core.models.http.certificates import trusted_certificates
from dropout_core.models.http.proxies import any_socks_proxy
from dropout_core.models.http.size_limits import ERROR_BYTES, LIST_BYTES

if TYPE_CHECKING:
    import httpx2

MOST_REDIRECTS = 3
BATCHES = "/v1/messages/batches"
"""Path of the Message Batches API."""
_OF_REPLIES = ("/messages", "/chat/completions")
"""Ends of the paths at which replies are streamed."""
_KEEPS_THE_METHOD = (307, 308)


class MovedElsewhere(Exception):
    """The server redirects to an address that is not followed. The argument is that address."""


def http_client(
    over_aiohttp: type[httpx2.AsyncClient], over_httpx: type[httpx2.AsyncClient], *, direct: bool = False
) -> httpx2.AsyncClient:
    """The client of an SDK over aiohttp, as httpx takes three times the processor time for each piece of a stream.

    A `direct` one uses no proxy, whatever the environment says.
    """
    # aiohttp would treat a SOCKS proxy as an HTTP proxy.
    kind = over_httpx if any_socks_proxy() and not direct else over_aiohttp
    return kind(
        event_hooks={"response": [_watched]},
        verify=trusted_certificates(),
        max_redirects=MOST_REDIRECTS,
        trust_env=not direct,
    )


async def _watched(response: httpx2.Response) -> None:
    """Look at each answer before it is read.

    A redirect is followed only to the same server, since the key goes with the request, and only if its status repeats
    the same request: with others it would become a GET.

    Raises:
        MovedElsewhere: it is not followed.
    """
    import httpx2

    path = response.request.url.path
    if response.is_success and (path.endswith(_OF_REPLIES) or BATCHES in path):
        return  # a reply, or the results of a batch, which have bounds of their own
    response.stream = _bounded(response.stream, LIST_BYTES if response.is_success else ERROR_BYTES)
    if not response.has_redirect_location:
        return
    try:
        target = response.request.url.join(response.headers["location"])
    except (httpx2.InvalidURL, ValueError):
        raise MovedElsewhere("an address that cannot be read") from None
    if response.status_code not in _KEEPS_THE_METHOD or target.origin != response.request.url.origin:
        raise MovedElsewhere(str(target.copy_with(query=None, fragment=None, username=None, password=None)))


def _bounded(stream: object, most: int) -> httpx2.AsyncByteStream:
    """Body of an error or other non-reply, cut off at a limit."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = most
            assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - of an asynchronous client
            async for piece in stream:
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return

        async def aclose(self) -> None:
            assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101 - of an asynchronous client
            await stream.aclose()

    return Bounded()
