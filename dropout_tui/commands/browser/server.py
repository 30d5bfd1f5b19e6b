"""The dashboard in a browser: one program for each page, behind a server that only its own pages may talk to.

Pages are let in by the token in the printed address, which the browser keeps as a cookie.

Needs the extra ``serve``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from textual_serve.server import Server

from dropout_tui.command_line.complaints import PROGRAM
from dropout_tui.commands.browser.admission import (
    Admission,
    RequestOrigin,
    is_authority,
    is_loopback,
    may_pass,
)

__all__ = ["BrowserServer", "is_loopback", "may_pass", "page_policy"]

TOKEN = "token"  # noqa: S105 - its name
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class BrowserServer(Server):
    """Serves what `command` runs on ``host:port``."""

    def __init__(self, command: str, host: str, port: int) -> None:
        super().__init__(command, host, port, title=PROGRAM)
        self._admission = Admission(is_loopback(host))
        # Browsers share cookies between ports, so the name holds the port.
        self._cookie = f"{PROGRAM}-{port}"

    def serve(self, debug: bool = False) -> None:
        """Serve until SIGINT or SIGTERM.

        Raises:
            OSError: the address is taken or not available.
        """
        self.debug = debug
        # Problems only, and without values, which may be keys.
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
        logging.getLogger("aiohttp.server").addFilter(_is_no_bad_request)
        web.run_app(
            self._make_app(),
            host=self.host,
            port=self.port,
            access_log=None,
            print=lambda _: self._announce(),
        )

    async def on_startup(self, app: web.Application) -> None:
        """Print nothing yet: the address may be taken."""

    def _announce(self) -> None:
        host = f"[{self.host}]" if ":" in self.host else self.host
        address = f"http://{host}:{self.port}/?{TOKEN}={self._admission.token}"
        print(f"The dashboard is at {address} until ctrl+c ends it.", flush=True)

    async def handle_index(self, request: web.Request) -> web.StreamResponse:
        """The page, which loads everything from the server it came from."""
        self.public_url = f"{request.scheme}://{request.host}"
        page = await super().handle_index(request)
        page.set_cookie(self._cookie, self._admission.token, httponly=True, samesite="Strict", path="/")
        return page

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._keep_strangers_out)
        app.on_response_prepare.append(_keep_page_at_home)
        return app

    @web.middleware
    async def _keep_strangers_out(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = (request.cookies.get(self._cookie), request.query.get(TOKEN))
        refused = self._admission.refusal(
            RequestOrigin(
                hosts=request.headers.getall("Host", ()),
                origins=request.headers.getall("Origin", ()),
                tokens=[token for token in shown if token is not None],
                is_socket=request.path == "/ws",
            )
        )
        if refused is not None:
            return web.Response(status=refused.status, text=refused.reason)
        return await handler(request)


def _is_no_bad_request(record: logging.LogRecord) -> bool:
    """Whether a log record is about more than a malformed request, which its sender has been told."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


async def _keep_page_at_home(request: web.Request, response: web.StreamResponse) -> None:
    host = request.headers.get("Host", "")
    response.headers["Content-Security-Policy"] = (
        page_policy(host) if is_authority(host) else "default-src 'none'"
    )
    # The address of the page has the token in it.
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")


def page_policy(host: str) -> str:
    """The Content-Security-Policy of a page of ``host``: it loads nothing from anywhere else.

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
