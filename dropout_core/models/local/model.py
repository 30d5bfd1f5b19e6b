"""The local model: a small real language model whose weights are those of an installed package."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from dropout_core.models import ModelUnusable, Reply, Request
from dropout_core.models.api_models import api_model
from dropout_core.models.local.installed import weights
from dropout_core.models.local.server_process import SERVER, LocalServer
from dropout_core.values.api import Api
from dropout_core.values.config import LOCAL_MODEL

if TYPE_CHECKING:
    from dropout_core.models.anthropic.client import AnthropicModel
    from dropout_core.models.chat_completions.client import ChatModel

LONGEST_REPLY = 1000
"""Tokens: a small model that has said its answer goes on and on."""


class LocalModel:
    """Asks the server that this program starts on loopback, in the way that any server is asked."""

    def __init__(
        self, api: Api = "anthropic", *, timeout: str | None = None, server: LocalServer = SERVER
    ) -> None:
        """Describe the model; nothing is started yet. Its server speaks either `api`; `timeout` is as for others."""
        self._api: Api = api
        self._timeout = timeout
        self._server = server
        self._has_joined = False
        self._finding = asyncio.Lock()
        self._asked: AnthropicModel | ChatModel | None = None
        self._address = ""

    @property
    def name(self) -> str:
        """Name by which the user refers to it."""
        return LOCAL_MODEL

    def preflight(self) -> None:
        """Look whether everything is installed, without importing it.

        Raises:
            ModelUnusable: something is not; the message says how to install it.
        """
        weights()

    async def open(self) -> None:
        """Start the server, so that loading does not count as time of the first attempts."""
        with contextlib.suppress(ModelUnusable):
            await (await self._at_server()).open()

    async def reply(self, request: Request, on_text: Callable[[str], None]) -> Reply:
        """Try once to answer `request`. A server that has died is started anew first.

        Raises:
            TryAgain, ModelError, ModelUnusable: see `Model`.
        """
        return await (await self._at_server()).reply(request, on_text)

    async def longest_reply(self) -> int | None:
        """Longest reply in tokens."""
        return LONGEST_REPLY

    async def close(self) -> None:
        """Close connections; the server ends with the last evaluation that uses it."""
        asked, self._asked = self._asked, None
        if asked is not None:
            await asked.close()
        if self._has_joined:
            self._has_joined = False
            await asyncio.to_thread(self._server.leave)

    async def _at_server(self) -> AnthropicModel | ChatModel:
        if not self._has_joined:
            self._has_joined = True
            self._server.join()
        async with self._finding:
            address = await asyncio.to_thread(self._server.address)
            if self._asked is None or address != self._address:
                before, self._address = self._asked, address
                self._asked = api_model(self._api, LOCAL_MODEL, address, self._timeout, is_own=True)
                if before is not None:
                    await before.close()
            return self._asked
