"""Stop reasons of a reply, as the Messages API names them."""

from __future__ import annotations

TOKEN_LIMIT = "max_tokens"  # noqa: S105 - a stop reason of the API, like those below
CONTEXT_FULL = "model_context_window_exceeded"
PAUSED = "pause_turn"
REFUSED = "refusal"
