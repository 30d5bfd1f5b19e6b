"""The dashboard in a browser: who may talk to its server, and that a page shows it.

The page is looked at in headless Chromium where there is one: ``pytest -m browser -n 0``.
"""

from __future__ import annotations

import asyncio
import base64
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from dropout_core.storage.store import Store
from dropout_tui.cli import main
from dropout_tui.commands.browser.server import is_loopback, may_pass, page_policy
from dropout_tui.commands.serve import EXTRA

ROOT = Path(__file__).parents[3]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
    "--window-size=1400,900",
)  # fmt: skip


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("127.0.0.1:8000", None, True),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", True),
        ("localhost:8000", "http://localhost:8000", True),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("127.0.0.1:8000", "http://evil.example", False),
        ("127.0.0.1:8000", "http://127.0.0.1:9000", False),
        ("127.0.0.1:8000", "null", False),
        ("evil.example:8000", "http://evil.example:8000", False),
        ("evil.example:8000", None, False),
        ("[::1", "http://[::1", False),
        ("127.0.0.1:x", "http://127.0.0.1:x", False),
        ("127.0.0.1:8000", "http://[", False),
        ("127.0.0.1:8000", "127.0.0.1:8000", False),
        ("", "http://", False),
    ],
)
def test_only_its_own_pages_talk_to_it(host: str, origin: str | None, passes: bool) -> None:
    assert may_pass(host, origin, loopback=True) is passes


def test_what_is_served_to_others_still_keeps_other_pages_out() -> None:
    assert may_pass("box.example:8000", "http://box.example:8000", loopback=False)
    assert not may_pass("box.example:8000", "http://evil.example", loopback=False)


@pytest.mark.parametrize(("host", "is_one"), [("127.0.0.1", True), ("::1", True), ("localhost", True),
                                              ("0.0.0.0", False), ("box.example", False)])  # fmt: skip
def test_what_is_loopback(host: str, is_one: bool) -> None:
    assert is_loopback(host) is is_one


def test_without_the_extra_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "dropout_tui.commands.browser.server")
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    monkeypatch.setitem(sys.modules, "textual_serve.server", None)
    assert main(["serve"]) == 2
    assert capsys.readouterr().err == f"dropout-tui: {EXTRA}\n"


@pytest.mark.parametrize("port", ["0", "65536", "x", "-1"])
def test_an_invalid_port_is_a_line(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", f"--port={port}"]) == 2
    error = capsys.readouterr().err
    assert "--port" in error
    assert error.count("\n") == 1


def test_a_failure_that_would_end_every_page_is_reported_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve_nothing(_: object) -> None:
        raise AssertionError("it serves pages that cannot be shown")

    monkeypatch.setattr("dropout_tui.commands.browser.server.BrowserServer.serve", serve_nothing)
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "other").write_text("no database" * 100)
    for option, value, words in (
        ("--theme", "foo", "there is no theme 'foo'"),
        ("--store", str(tmp_path / "file" / "store.sqlite3"), "file"),
        ("--store", str(tmp_path / "other"), "other"),
        ("--store", str(tmp_path), "not a regular file"),
    ):
        assert main(["serve", option, value]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert words in error
        assert "dropout-tui: " in error


def test_a_page_may_load_from_where_it_came_from_and_nowhere_else() -> None:
    sources = [source for rule in page_policy("box.example:8000").split("; ") for source in rule.split()[1:]]
    assert set(sources) <= {
        "'self'", "'none'", "'unsafe-inline'", "data:", "ws://box.example:8000", "wss://box.example:8000",
    }  # fmt: skip
    assert page_policy("box.example:8000").startswith("default-src 'self';")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Served:
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        return f"{self.url}/?token={self.token}"

    def cookie(self, token: str | None = None) -> dict[str, str]:
        return {"Cookie": f"dropout-tui-{self.port}={token or self.token}"}


PROGRAM = "import sys\nfrom dropout_tui.cli import main\nsys.exit(main())"
"""As the installed script starts it, which looks for no modules in the working directory, unlike ``python -m``."""


@asynccontextmanager
async def serving(
    tmp_path: Path, *arguments: str
) -> AsyncIterator[tuple[Served, asyncio.subprocess.Process]]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-c", PROGRAM, "serve", "--port", str(port), *arguments,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.search(rf"http://[0-9.]+:{port}/\?token=([\w-]{{40,}}) ", line)
        assert found is not None, line
        yield Served(port, found[1]), process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def test_a_page_gets_the_dashboard_a_strange_one_does_not_and_what_the_folder_holds_is_not_run(
    tmp_path: Path,
) -> None:
    """Python looks for modules in the working directory, if it is let."""
    for name in ("json", "textual", "numpy", "dropout_core", "sqlite3"):
        (tmp_path / f"{name}.py").write_text(
            f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(name)\n"
        )
    async with serving(tmp_path, "--demo") as (served, _), aiohttp.ClientSession() as session:
        url = served.url
        async with session.get(served.page) as page:
            assert f"ws://127.0.0.1:{served.port}/ws" in await page.text()
            assert page.headers["Content-Security-Policy"] == page_policy(f"127.0.0.1:{served.port}")
            assert page.headers["Referrer-Policy"] == "no-referrer"
            kept = page.cookies[f"dropout-tui-{served.port}"]
            assert (kept.value, kept["httponly"], kept["samesite"]) == (served.token, True, "Strict")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/ws", origin="http://evil.example", headers=served.cookie())
        assert refused.value.status == 403
        drawn = b""
        async with session.ws_connect(
            f"{url}/ws?width=100&height=30", origin=url, headers=served.cookie()
        ) as terminal:
            async with asyncio.timeout(60):
                while b"Demo: the answers are built in" not in drawn:
                    message = await terminal.receive()
                    assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
                    drawn += message.data if isinstance(message.data, bytes) else message.data.encode()
    assert not (tmp_path / "ran").exists()


def children_of(pid: int) -> list[str]:
    """The processes that a program started; none where the system does not tell."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return listed.read_text().split() if listed.exists() else []


async def test_neither_a_second_person_nor_a_host_that_makes_no_sense_is_let_in(tmp_path: Path) -> None:
    async with serving(tmp_path, "--demo") as (served, process):
        await check_that_the_token_is_needed(served)
        await check_that_hosts_and_origins_must_make_sense(served)
        # No program was started for any of them.
        assert children_of(process.pid) == []
        process.terminate()
        out, error = await process.communicate()
        assert b"Traceback" not in out + error, error


async def check_that_the_token_is_needed(served: Served) -> None:
    """A second person at the same host can reach the port, but has not seen the address."""
    async with aiohttp.ClientSession() as session:
        url, other = served.url, "x" * len(served.token)
        strangers: tuple[dict[str, str], ...] = ({}, served.cookie(other), served.cookie("☃"), {"Cookie": "=;;;"},
                     {"Cookie": f"dropout-tui-1={served.token}"})  # fmt: skip
        for headers in strangers:
            for path in ("/", "/?token=", f"/?token={other}", "/?token=%ff%00", "/static/js/textual.js",
                         "/static/", "/download/x", "/nowhere", f"/ws?token={other}"):  # fmt: skip
                async with session.get(url + path, headers=headers) as answer:
                    assert answer.status == 403, (path, headers)
                    assert "Set-Cookie" not in answer.headers
                    assert served.token not in await answer.text()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(f"{url}/ws", origin=url, headers=headers)
            assert refused.value.status == 403
        # With the token, but not from a page.
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/ws", headers=served.cookie())
        assert refused.value.status == 403
        async with session.get(f"{url}/static/js/textual.js", headers=served.cookie()) as script:
            assert script.status == 200


async def said_to(port: int, *lines: bytes) -> bytes:
    """What the server answers to bytes as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
    try:
        async with asyncio.timeout(100):
            return await reader.read()
    finally:
        writer.close()


HOSTS = (b"", b"[", b"[::1", b"[::1]]:8", b"[zz]", b":", b"a b", b"127.0.0.1:x", b"127.0.0.1:99999", b"\xff\xfe", b"%",
         b"127.0.0.1:8000@evil.example", b"localhost:8000/", b"..", b"http://127.0.0.1", b"\xe2\x98\x83",
         b"127.0.0.1:" + b"9" * 5000)  # fmt: skip


async def check_that_hosts_and_origins_must_make_sense(served: Served) -> None:
    own = f"Host: 127.0.0.1:{served.port}".encode()
    cookie = f"Cookie: dropout-tui-{served.port}={served.token}".encode()
    for path in (b"/", b"/ws", b"/static/js/textual.js"):
        get = b"GET " + path + b" HTTP/1.1"
        for heads in (
            *((b"Host: " + host,) for host in HOSTS),
            *((own, b"Origin: " + origin) for origin in HOSTS if origin),
            *((own, b"Origin: http://" + origin) for origin in HOSTS if origin),
            (),
            (own, own),
            (own, b"Origin: null"),
            (own, b"Origin: http://127.0.0.1:1", b"Origin: " + own[6:]),
            (own, b"no header at all"),
        ):
            answer = await said_to(served.port, get, cookie, *heads)
            assert answer.split(b" ")[1] in (b"400", b"403"), (path, heads, answer)
    assert (await said_to(served.port, b"GET / HTTP/1.1", own, cookie)).split(b" ")[1] == b"200"


async def test_a_warning_when_others_can_reach_it(tmp_path: Path) -> None:
    async with serving(tmp_path, "--host", "0.0.0.0") as (_, process):
        assert process.stderr is not None
        warning = (await process.stderr.readline()).decode()
        assert "goes over the network unencrypted" in warning


def test_a_line_when_the_port_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert f"cannot serve on 127.0.0.1:{port}" in error
    assert error.count("\n") == 1


class Page:
    """A page of headless Chromium, by its debugging protocol."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._calls = 0
        self.told: list[dict[str, Any]] = []
        """What the browser said by itself, up to the latest call."""

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._calls += 1
        await self._socket.send_json({"id": self._calls, "method": method, "params": parameters})
        while True:
            answer = await self._socket.receive_json()
            if answer.get("id") == self._calls:
                result: dict[str, Any] = answer.get("result", answer)
                return result
            self.told.append(answer)

    def asked_for(self) -> dict[str, str]:
        """The address of every request, with why the browser did not send it; empty where it did."""
        addresses: dict[str, str] = {}
        refused: dict[str, str] = {}
        for event in self.told:
            match event:
                case {
                    "method": "Network.requestWillBeSent",
                    "params": {"requestId": id_, "request": request},
                }:
                    addresses[id_] = request["url"]
                case {"method": "Network.webSocketCreated", "params": {"requestId": id_, "url": url}}:
                    addresses[id_] = url
                case {"method": "Network.loadingFailed", "params": {"requestId": id_, **failure}}:
                    refused[id_] = str(failure.get("blockedReason", ""))
        return {address: refused.get(id_, "") for id_, address in addresses.items()}

    async def evaluate(self, script: str) -> Any:
        answer = await self.call("Runtime.evaluate", expression=script)
        return answer["result"].get("value")

    async def click(self, x: int, y: int) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def press(self, key: str, code: int) -> None:
        for kind in ("rawKeyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
            )

    async def picture(self) -> bytes:
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def chromium(tmp_path: Path) -> AsyncIterator[Page]:
    assert CHROMIUM is not None
    browser = await asyncio.create_subprocess_exec(
        CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'chromium'}", "about:blank", stderr=subprocess.PIPE
    )
    try:
        assert browser.stderr is not None
        async with asyncio.timeout(60):
            while not (
                found := re.search(rb"listening on ws://[^:]+:(\d+)/", await browser.stderr.readline())
            ):
                pass
        debugging = f"http://127.0.0.1:{int(found.group(1))}"
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{debugging}/json/new?about:blank") as answer:
                page = await answer.json(content_type=None)
            async with session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                yield Page(socket)
    finally:
        browser.terminate()
        await browser.communicate()


async def until(so: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(60):
        while not await so():  # noqa: ASYNC110 (another process changes it)
            await asyncio.sleep(0.1)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium, which is not installed")
async def test_a_page_shows_the_form_and_a_key_starts_an_evaluation(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite3"
    store = Store(path)
    settings = ("--model", "sample", "--runs", "5", "--store", str(path))
    async with (
        serving(tmp_path, *settings) as (served, _),
        chromium(tmp_path) as page,
    ):
        await page.call("Network.enable")
        await page.call("Page.navigate", url=served.page)
        await until(lambda: page.evaluate("document.body.classList.contains('-first-byte')"))
        assert store.history() == ()
        form = await page.picture()
        await page.click(1200, 600)
        await page.press("F5", 116)

        async def graded() -> bool:
            return [evaluation.passed + evaluation.failed for evaluation in store.history()] == [5]

        await until(graded)
        dashboard = await page.picture()
        asked = page.asked_for()
    store.close()
    sent = {address for address, refused in asked.items() if not refused}
    assert f"{served.url}/static/js/textual.js" in sent
    assert {urlsplit(address).netloc for address in sent} - {""} == {f"127.0.0.1:{served.port}"}, asked
    assert {urlsplit(address).scheme for address in sent} <= {"http", "ws", "data", "blob"}
    assert {refused for refused in asked.values() if refused} <= {"csp"}
    assert form != dashboard
    if folder := os.environ.get("BROWSER_PICTURES"):
        for name, png in (("form", form), ("dashboard", dashboard)):
            (Path(folder) / f"browser-{name}.png").write_bytes(png)
