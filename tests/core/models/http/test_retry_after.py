"""How long a server asks to wait, in each way that servers say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dropout_core.models import ModelUnusable
from dropout_core.models.http.retry_after import asked_wait
from tests.core.api_model import AskedModel, asking, ignore
from tests.messages_server import Failure, MessagesServer

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC).timestamp()
LIMIT = "anthropic-ratelimit"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:09 GMT"}, 9),
        ({"retry-after": "2026-03-01T12:00:05Z"}, 5),
        ({"retry-after": "2026-03-01T13:00:05+01:00"}, 5),
        ({"retry-after": "2026-03-01T12:00:05.5"}, 5.5),
        ({"retry-after": "2026-03-01T11:00:00Z"}, 0),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "soon", "retry-after-ms": "inf"}, None),
        ({f"{LIMIT}-requests-remaining": "0", f"{LIMIT}-requests-reset": "2026-03-01T12:00:20Z"}, 20),
        ({f"{LIMIT}-requests-remaining": "3", f"{LIMIT}-requests-reset": "2026-03-01T12:00:20Z"}, None),
        (
            {
                f"{LIMIT}-input-tokens-remaining": "0",
                f"{LIMIT}-input-tokens-reset": "2026-03-01T12:00:20Z",
                f"{LIMIT}-output-tokens-remaining": "0",
                f"{LIMIT}-output-tokens-reset": "2026-03-01T12:00:30Z",
                f"{LIMIT}-requests-remaining": "40",
                f"{LIMIT}-requests-reset": "2026-03-01T12:00:59Z",
            },
            30,
        ),
        (
            {
                "retry-after": "4",
                f"{LIMIT}-tokens-remaining": "0",
                f"{LIMIT}-tokens-reset": "2026-03-01T12:00:20Z",
            },
            4,
        ),
        ({f"{LIMIT}-tokens-remaining": "0", f"{LIMIT}-tokens-reset": "later"}, None),
    ],
)
def test_what_headers_ask_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("asked", "said"),
    [("3600", "60 min"), ("864000", "10 days"), ("1e12", "for years"), ("1e300", "for years")],
)
async def test_an_excessive_wait_is_given_in_words(
    api_model: AskedModel, messages_server: MessagesServer, asked: str, said: str
) -> None:
    messages_server.default = Failure(429, "rate_limit_error", headers={"retry-after": asked})
    with pytest.raises(ModelUnusable, match=f"and the server asks to wait {said}$"):
        await api_model.reply(asking(), ignore)
    assert len(messages_server.requests) == 2
