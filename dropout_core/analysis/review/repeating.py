"""The command line that asks for an evaluation once more, as it was set up."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import fields

from dropout_core.values.config import EvaluationConfig
from dropout_core.values.task_names import DROPOUT

_TEXTS = {
    "base_url": "--base-url",
    "api": "--api",
    "mode": "--mode",
    "refusals": "--refusals",
    "budget": "--budget",
    "max_total_tokens": "--max-total-tokens",
    "thinking": "--thinking",
    "effort": "--effort",
    "temperature": "--temperature",
    "top_p": "--top-p",
    "timeout": "--timeout",
    "tries": "--tries",
}
"""Fields whose value is said as it is, and their options."""
_SWITCHES = {
    "sequential": "--sequential",
    "batch": "--batch",
    "until_decided": "--until-decided",
    "nonce": "--nonce",
}
_DEFAULTS = {field.name: field.default for field in fields(EvaluationConfig)}


def command_of(config: EvaluationConfig) -> str:
    """``dropout-tui run …`` with everything that is not as it is when nothing is said, to be copied as it is.

    A server that gives no equal answers gives others; the inputs of every grading are drawn anew from the same seed.
    """
    if config.imported is not None:
        return shlex.join(["dropout-tui", "import", config.imported, *_options_of_import(config)])
    return shlex.join(["dropout-tui", "run", *_options(config)])


def _options_of_import(config: EvaluationConfig) -> Iterator[str]:
    if config.task != DROPOUT or config.task_file is not None:
        yield from ("--task", config.task_file or config.task)
    yield from ("--suite", config.suite, "--seed", str(config.seed), "--band", str(config.band))


def _options(config: EvaluationConfig) -> Iterator[str]:
    yield from ("--model", config.model)
    if config.task != DROPOUT or config.task_file is not None:
        yield from ("--task", config.task_file or config.task)
    yield from ("--suite", config.suite, "--prompt", config.prompt, "--runs", str(config.runs))
    yield from ("--seed", str(config.seed), "--band", str(config.band))
    if config.tolerance:
        yield from ("--tolerance", f"{config.tolerance * 100:g}")
    if not config.sequential and config.concurrency != _DEFAULTS["concurrency"]:
        yield from ("--concurrency", str(config.concurrency))
    for name, option in _TEXTS.items():
        value = getattr(config, name)
        if value != _DEFAULTS[name]:
            yield from (option, f"{value:g}" if isinstance(value, float) else str(value))
    if config.mode == "agent":
        yield from ("--max-steps", str(config.max_steps))
    if config.max_tokens_from == "stated" and not config.is_sample:
        yield from ("--max-tokens", str(config.max_tokens))
    if config.price is not None:
        yield from ("--price", f"{config.price.input:g},{config.price.output:g}")
    if config.system is not None:
        yield from ("--system", config.system if config.system_file is None else f"@{config.system_file}")
    for name, option in _SWITCHES.items():
        if getattr(config, name):
            yield option
    for key, value in config.set.items():
        yield from ("--set", f"{key}={json.dumps(value)}")
