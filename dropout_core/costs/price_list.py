"""Prices of models, from the installed package `genai-prices`, which is never updated by this program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from dropout_core.costs.costs import prompt_tokens
from dropout_core.models import ModelUnusable
from dropout_core.models.http.credentials import OFFICIAL_URLS, address_of
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.price import MILLION, Price

BUILT_IN = Price(0.0, 0.0, "built in")
"""Price of the sample answers."""
ON_THIS_MACHINE = Price(0.0, 0.0, "on this machine")
"""Price of the model that this program serves by itself."""


class Unpriced(ModelUnusable):
    """A budget in dollars was set for a model whose price is not known."""


def price_of(config: EvaluationConfig, environ: Mapping[str, str] = os.environ) -> Price | None:
    """Price stated in `config`, or from the list; ``None`` when the model is not on it.

    A server of one's own has a price only if it is stated: the names of its models are not Anthropic's or OpenAI's. In
    a batch it is half of that, also of a stated one. The first call imports the list, which takes some tenths of a
    second.
    """
    price = _price_of_one(config, environ)
    return price.in_a_batch if config.batch and price is not None else price


def _price_of_one(config: EvaluationConfig, environ: Mapping[str, str]) -> Price | None:
    """The price of a request that is sent by itself."""
    if config.price is not None:
        return config.price
    if config.is_sample:
        return BUILT_IN
    if config.is_local:
        return ON_THIS_MACHINE
    if config.imported is not None:
        return None  # what was paid for it elsewhere is not known
    base_url = address_of(config.api, config.base_url, environ)
    if urlsplit(base_url).hostname != urlsplit(OFFICIAL_URLS[config.api]).hostname:
        return None
    from genai_prices import Usage, __version__, calc_price

    # Some prices depend on the size of the request.
    tokens = max(1000, prompt_tokens(config))

    def listed(**usage: int) -> tuple[float, float]:
        found = calc_price(Usage(**usage), config.model, provider_id=config.api)
        each = MILLION / tokens
        return round(float(found.input_price) * each, 6), round(float(found.output_price) * each, 6)

    try:
        given, produced = listed(input_tokens=tokens, output_tokens=tokens)
        read, _ = listed(input_tokens=tokens, cache_read_tokens=tokens)
        written, _ = listed(input_tokens=tokens, cache_write_tokens=tokens)
    except LookupError:
        return None
    return Price(given, produced, f"genai-prices {__version__}", read, written)


def price_for_budget(config: EvaluationConfig) -> Price:
    """Price that a budget in dollars is based on.

    Raises:
        Unpriced: there is none; what is not priced is not free.
    """
    price = price_of(config)
    if price is None:
        raise Unpriced(
            f"--budget needs a price, and that of {config.model} is not known here;"
            " state it with --price IN,OUT (dollars per million tokens), or limit --max-total-tokens"
        )
    return price
