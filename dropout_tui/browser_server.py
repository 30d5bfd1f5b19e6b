"""The dashboard in a browser: one program for each page, behind a server that only its own pages may talk to.

Needs the extra ``serve``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from dropout_tui.arguments import PROGRAM

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BrowserServer(Server):
    """Serves what `command` runs on ``host:port``."""

    def __init__(self, command: str, host: str, port: int) -> None:
        super().__init__(command, host, port, title=PROGRAM)
        self._loopback = is_loopback(host)

    def serve(self, debug: bool = False) -> None:
        """Serve until SIGINT or SIGTERM.

        Raises:
            OSError: the address cannot be had.
        """
        self.debug = debug
        # Problems only, and no values with them, which may be keys.
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            access_log=None,
            print=lambda _: self._announce(),
        )

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing yet: the address may be taken."""

    def _announce(self) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        print(f"The dashboard is at http://{host}:{self.port} until ctrl+c ends it.", flush=True)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page; what it loads comes from where it came from itself."""
        self.public_url = f"{request.scheme}://{request.host}"
        return await super().handle_index(request)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._keep_strangers_out)
        app.on_response_prepare.append(_keep_page_at_home)
        return app

    @web.middleware
    async def _keep_strangers_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not may_pass(request.host, request.headers.get("Origin"), loopback=self._loopback):
            raise web.HTTPForbidden(text="This server talks to its own pages only.")
        return await handler(request)


async def _keep_page_at_home(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Content-Security-Policy"] = page_policy(request.host)


def page_policy(host: str) -> str:
    """What a page of ``host`` may load, as a Content-Security-Policy: nothing from anywhere else.

    The template of textual-serve asks Google for a font at each visit, and the browser's own will do; its styles and
    scripts are inline. Not every browser takes ``'self'`` for the WebSocket too. Nor may a page of somebody else show
    this one in a frame.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "script-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def may_pass(host: str, origin: str | None, *, loopback: bool) -> bool:
    """Whether a request was sent by a page of this server, or by no page at all.

    Any page in the user's browser may open a WebSocket to any address, so its `origin` has to be the `host` it
    asks. A name that a stranger makes point to this machine is told by not being a name of it.
    """
    if loopback and not is_loopback(urlsplit(f"//{host}").hostname or ""):
        return False
    return origin is None or urlsplit(origin).netloc == host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
