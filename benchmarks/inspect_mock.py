"""Inspect AI's mock model, for the programs that run in Inspect AI's environment.

Left to itself it counts tokens with an encoding that it fetches from the internet, and without that every sample ends
in an error. Replies that say what they took keep it from counting.
"""

from __future__ import annotations

from typing import Any

from inspect_ai.log import EvalLog
from inspect_ai.model import (
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)


def mock_model() -> Model:
    """A model that answers at once."""

    def output(*_: Any) -> ModelOutput:
        said = ModelOutput.from_content("mockllm", "Each call draws its mask anew.")
        said.usage = ModelUsage(input_tokens=300, output_tokens=300, total_tokens=600)
        return said

    return get_model("mockllm/model", custom_outputs=output, memoize=False)


def see_that_all_went_well(logs: list[EvalLog]) -> None:
    """Samples that fail are quick.

    Raises:
        RuntimeError: some did.
    """
    for log in logs:
        if log.status != "success":
            raise RuntimeError(f"Inspect AI: {log.status}: {log.error}")
