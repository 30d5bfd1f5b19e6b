"""Reading the stored configuration of an evaluation, and checking that its settings can be applied."""

from __future__ import annotations

from typing import Any

from dropout_core.models.request_settings import parse_thinking
from dropout_core.models.retry.user_limits import parse_timeout, parse_tries
from dropout_core.values.config import EvaluationConfig
from dropout_core.values.stored.value import Unreadable


def config_from(value: Any) -> EvaluationConfig:
    """The inverse of `EvaluationConfig.to_json`.

    Raises:
        Unreadable: it is no configuration that an evaluation can have.
    """
    config = EvaluationConfig.from_json(value)
    for said, parse in (
        (config.thinking, parse_thinking),
        (config.timeout, parse_timeout),
        (config.tries, parse_tries),
    ):
        if said is not None:
            try:
                parse(str(said))
            except ValueError as error:
                raise Unreadable(str(error)) from None
    return config
