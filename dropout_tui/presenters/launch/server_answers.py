"""What a server tells before anything is started: the models that it has, and how many tokens a prompt takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dropout_core.costs.costs import dollars, prompt_tokens, request_at_most
from dropout_core.models.api_models import counted_prompt, listed_models
from dropout_core.models.http.destination import Destination
from dropout_core.values.api import Api
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import Price
from dropout_tui.presenters.launch.form import LaunchForm
from dropout_tui.presenters.launch.notice import api_of, destination_of_form
from dropout_tui.text.numbers import pluralize

NO_LIST = "the server lists no models; any name will do"
MOST_NAMED = 4
"""Models named in the line under the field."""


class ServerAnswers:
    """Asks servers, each thing once. Nothing waits for it, and what fails is only not known."""

    def __init__(self, may_ask: Callable[[Destination], bool]) -> None:
        """`may_ask` says whether a key may go to an address that the form came with: a stored evaluation may have it
        from anybody."""
        self._may_ask = may_ask
        self._lists: dict[tuple[Api, str], tuple[str, ...]] = {}
        self._counts: dict[tuple[object, ...], int | None] = {}

    async def models(self, form: LaunchForm, *, typed: bool) -> tuple[str, ...] | None:
        """Names of the models at the address of the form, which the user has `typed` or not; ``None`` where nothing
        may be asked, or nothing is known to be there."""
        destination = destination_of_form(form)
        if not (typed or self._may_ask(destination)):
            return None
        if destination.is_official and not destination.credentials:
            return None
        key = (destination.api, destination.address)
        if not self._lists.get(key):
            self._lists[key] = await listed_models(api_of(form), form.base_url.strip() or None)
        return self._lists[key]

    async def tokens(self, config: EvaluationConfig) -> int | None:
        """Tokens of the prompt, as a server counts them that has listed the model; ``None`` where it does not."""
        server = (config.api, config.base_url)
        key = (*server, config.model, config.mode, config.prompt_text, config.system, config.thinking)
        if key not in self._counts:
            self._counts[key] = await counted_prompt(config)
        return self._counts[key]


def models_line(models: Sequence[str] | None, typed: str) -> str:
    """The models to choose from, in one line: those that have what is typed in their names, or else all. Empty when
    one of them is chosen, or none is known."""
    if models is None or typed in models:
        return ""
    if not models:
        return NO_LIST
    fitting = [name for name in models if typed.lower() in name.lower()] or list(models)
    more = len(fitting) - MOST_NAMED
    return "there: " + ", ".join(fitting[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def estimate_line(config: EvaluationConfig, counted: int | None, price: Price | None) -> str:
    """How many tokens the prompt takes and who says so, and what the runs may cost as far as that follows."""
    given = prompt_tokens(config) if counted is None else counted
    who = "counted by the server" if counted is not None else "estimated"
    about = "" if counted is not None else "~"
    said = f"{about}{pluralize(given, 'token')}, {who}"
    if price is None:
        return said
    whole = request_at_most(config)
    runs = pluralize(config.runs, "run")
    if config.mode == "answer" and config.max_tokens_from == "stated":
        return f"{said} · {runs} at most {dollars(price.of(given, whole.output) * config.runs)}"
    return f"{said} · {runs}: {dollars(price.of(given, 0) * config.runs)} and what is replied"
