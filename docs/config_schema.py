"""JSON Schema of `dropout.toml`, for editors: ``python -m docs.config_schema`` writes ``docs/dropout.schema.json``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dropout_tui.command_line.options.parser import parser
from dropout_tui.commands.dispatch import COMMANDS
from dropout_tui.settings.config_file import (
    KEYS,
    SCREEN_SWITCHES,
    SCREEN_TEXTS,
    SET,
    SWITCHES,
    TEXT_OPTIONS,
)
from dropout_tui.settings.folder_settings import HARMLESS

FILE = Path(__file__).with_name("dropout.schema.json")
_WHOLE = {"runs", "concurrency", "max_steps", "seed", "max_total_tokens", "tries"}
_NUMBERS = {"tolerance", "budget", "temperature", "top_p"}
_EITHER = {"max_tokens", "thinking"}
"""A number of tokens, or a word."""
_BESIDE_OPTIONS = {
    "bell": "whether the terminal's bell rings when an evaluation ends",
    KEYS: "your own keys, by the ids that dropout-tui keys lists; several are parted by commas",
    SET: "further fields of each request, such as top_k",
}
_USERS_ONLY = "Only in your own file, not in that of a working directory."


def schema() -> dict[str, Any]:
    """The schema, from the options of the command line."""
    helps = {action.dest: action for action in parser(COMMANDS)._actions}
    properties = {}
    for name in (*TEXT_OPTIONS, *SWITCHES, *SCREEN_TEXTS, *SCREEN_SWITCHES, KEYS):
        said = _BESIDE_OPTIONS.get(name) or str(helps[name].help)
        beside = "" if name in HARMLESS or name in ("task", "prompt", "system") else f" {_USERS_ONLY}"
        values = _values(str(helps[name].metavar)) if name in helps else []
        properties[name] = {"description": f"{said}{beside}", **({"enum": values} if values else _type(name))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dropout.toml",
        "description": "Settings of dropout-tui; the environment (DROPOUT_RUNS) and the command line (--runs) win.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def _type(name: str) -> dict[str, Any]:
    if name in (*SWITCHES, *SCREEN_SWITCHES):
        return {"type": "boolean"}
    if name == KEYS:
        return {"type": "object", "additionalProperties": {"type": ["string", "object"]}}
    if name == SET:
        return {"type": "object"}
    if name in _EITHER:
        return {"type": ["integer", "string"]}
    return {"type": "integer" if name in _WHOLE else "number" if name in _NUMBERS else "string"}


def _values(metavar: str) -> list[str]:
    """The words of a metavar that leaves no other choice."""
    words = metavar.split("|")
    return words if len(words) > 1 and all(word.isalpha() and word.islower() for word in words) else []


def written() -> str:
    """The schema as it is written."""
    return json.dumps(schema(), indent=2) + "\n"


def main() -> int:
    """Write the file."""
    FILE.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
