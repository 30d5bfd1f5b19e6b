"""What the tests of the core share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from dropout_core.models.anthropic.client import AnthropicModel
from tests.core.api_model import KEY, AskedModel, Patience
from tests.messages_server import MessagesServer


@pytest.fixture(autouse=True)
def no_sandbox_waits_for_a_process(request: pytest.FixtureRequest) -> None:
    """Unless it is the sandbox that is tested, what is tested comes after it has started."""
    its_own = "sandbox" in request.path.parts or request.node.get_closest_marker("own_processes")
    if not its_own:
        request.getfixturevalue("kept_zygotes")


@pytest.fixture
def patience() -> Patience:
    return Patience()


@pytest_asyncio.fixture
async def api_model(
    messages_server: MessagesServer, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AskedModel]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    made = AskedModel(AnthropicModel("claude-x", messages_server.url), patience.clock)
    yield made
    await made.close()
