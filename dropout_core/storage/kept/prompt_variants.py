"""The variants of prompts that a store holds: those that its evaluations were asked with."""

from __future__ import annotations

import sqlite3

from dropout_core.state.stored_config import config_from
from dropout_core.task.prompt_variants import PromptVariant, is_prompt_name
from dropout_core.values.stored.value import Unreadable, json_value

MOST_VARIANTS = 20
MOST_READ = 500
"""Evaluations that are looked at."""
# `CASE` keeps SQLite from looking into what is not JSON.
_OF_A_TASK = """
SELECT config FROM evaluations
WHERE CASE WHEN json_valid(config) THEN
    json_extract(config, '$.prompt_from') IS NOT NULL AND json_extract(config, '$.task') = ? END
ORDER BY id DESC LIMIT ?"""


def prompt_variants(connection: sqlite3.Connection, task: str) -> tuple[PromptVariant, ...]:
    """Those of a task, the newest first: of each name the newest text. What cannot be read is left out."""
    found: dict[str, PromptVariant] = {}
    for (text,) in connection.execute(_OF_A_TASK, (task, MOST_READ)):
        try:
            config = config_from(json_value(text))
        except Unreadable:
            continue
        if config.prompt_from is not None and is_prompt_name(config.prompt):
            found.setdefault(
                config.prompt, PromptVariant(config.prompt, config.prompt_text, config.prompt_from)
            )
        if len(found) == MOST_VARIANTS:
            break
    return tuple(found.values())
