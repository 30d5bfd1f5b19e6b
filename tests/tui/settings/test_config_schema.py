"""The JSON Schema of `dropout.toml` is that of the options."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from docs.config_schema import FILE, schema, written
from dropout_tui.settings.config_file import Settings, SettingsProblem, gather

ROOT = Path(__file__).parents[3]
PYTHON: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "object": (dict,),
}


def test_the_published_schema_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), "stale: run python -m docs.config_schema"


def test_the_schema_has_the_keys_that_a_file_may_have(tmp_path: Path) -> None:
    file = tmp_path / "dropout.toml"
    file.write_text("odd = 1\n")
    with pytest.raises(SettingsProblem, match="the keys are ") as refused:
        gather({}, {}, file)
    known = re.findall(r"the keys are (.*)", str(refused.value))[0].split(", ")
    assert sorted(schema()["properties"]) == known
    assert schema()["additionalProperties"] is False


def test_what_the_schema_allows_is_what_a_file_is_read_as(tmp_path: Path) -> None:
    example = (
        'runs = 20\nband = "10-40"\nmode = "agent"\ntolerance = 2.5\nmax_tokens = 900\nsequential = true\n'
        'store = "~/s"\n[set]\ntop_k = 5\n[keys]\n"run.pause" = "p"\n'
    )
    file = tmp_path / "dropout.toml"
    file.write_text(example)
    settings = gather({}, {}, file)
    assert isinstance(settings, Settings)
    for name, value in tomllib.loads(example).items():
        allowed = schema()["properties"][name]
        types = allowed.get("type", "string")
        names = types if isinstance(types, list) else [types]
        assert any(isinstance(value, PYTHON[each]) for each in names)
        assert value in allowed.get("enum", [value])
    assert json.loads(FILE.read_text())["properties"]["store"]["description"].endswith(
        "of a working directory."
    )
