"""Models behind an API: which client speaks to a server, and what the server tells before anything is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropout_core.models import Request
from dropout_core.models.request_settings import fields_of
from dropout_core.values.agent_tools import TOOLS, tools_for
from dropout_core.values.api import Api
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.conversation import Message
from dropout_core.values.task_names import DROPOUT

if TYPE_CHECKING:
    from dropout_core.models.anthropic.client import AnthropicModel
    from dropout_core.models.chat_completions.client import ChatModel


def api_model(
    api: Api, name: str, base_url: str | None, timeout: str | None = None, *, is_own: bool = False
) -> AnthropicModel | ChatModel:
    """The model `name` of a server; ``None`` is the address from the environment, or else the API's own.
    `is_own` says that this program serves it."""
    if api == "openai":
        from dropout_core.models.chat_completions.client import ChatModel

        return ChatModel(name, base_url, timeout=timeout, is_own=is_own)
    from dropout_core.models.anthropic.client import AnthropicModel

    return AnthropicModel(name, base_url, timeout=timeout, is_own=is_own)


async def listed_models(api: Api, base_url: str | None) -> tuple[str, ...]:
    """Names of the models that a server lists; none where it lists none, or cannot be asked."""
    model = api_model(api, "", base_url)
    try:
        return await model.model_names()
    finally:
        await model.close()


async def counted_prompt(config: EvaluationConfig) -> int | None:
    """Tokens of an attempt's first request as the server counts them; ``None`` where it does not."""
    if config.api != "anthropic" or (config.mode == "agent" and not config.function):
        return None  # Chat Completions counts nothing; tools of a folder are known only when it runs
    from dropout_core.models.anthropic.client import AnthropicModel

    tools = TOOLS if config.function == DROPOUT else tools_for(config.function)
    request = Request(
        messages=(Message.user(config.prompt_text),),
        tools=tools if config.mode == "agent" else (),
        max_tokens=config.max_tokens,
        seed=0,
        fields=fields_of(config),
    )
    model = AnthropicModel(config.model, config.base_url)
    try:
        return await model.counted(request)
    finally:
        await model.close()
