"""From what was typed to a configuration, or to one clear line per wrong field."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropout_core.statistics.pass_rate import Band
from dropout_core.values.annotation import Annotation
from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm, form_of
from dropout_tui.presenters.launch.parsing import annotation_of, parse

FORM = LaunchForm(model="sample")


def parsed(**changes: str) -> EvaluationConfig:
    result = parse(replace(FORM, **changes))  # type: ignore[arg-type]
    assert isinstance(result, EvaluationConfig), result
    return result


def problems(**changes: str) -> dict[str, str]:
    result = parse(replace(FORM, **changes))  # type: ignore[arg-type]
    assert isinstance(result, dict), result
    return result


def test_the_defaults_give_a_configuration() -> None:
    config = parsed()
    assert (config.runs, config.concurrency, config.mode, config.suite) == (10, 10, "answer", "basic")
    assert config.band == Band(0.1, 0.4)
    assert config.base_url is None
    assert "dropout(x, p, training)" in config.prompt_text


def test_blanks_around_values_do_not_matter() -> None:
    config = parsed(
        model=" sample ", runs=" 3 ", base_url=" http://localhost:8080 ", band=" 5 - 20 %", seed=" 9 "
    )
    assert (config.model, config.runs, config.base_url, config.seed) == (
        "sample",
        3,
        "http://localhost:8080",
        9,
    )
    assert config.band == Band(0.05, 0.2)


def test_a_seed_that_is_not_given_is_a_fresh_one() -> None:
    assert parsed(seed="").seed != parsed(seed="").seed
    assert parsed(seed="0").seed == 0


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("runs", "0", "0 is out of range; give a number from 1 to 10,000"),
        ("runs", "-1", "-1 is out of range; give a number from 1 to 10,000"),
        ("runs", "10001", "10,001 is out of range; give a number from 1 to 10,000"),
        ("runs", "ten", "'ten' is not a whole number; give one from 1 to 10,000"),
        ("runs", "1.5", "'1.5' is not a whole number; give one from 1 to 10,000"),
        ("runs", "", "give a whole number from 1 to 10,000"),
        ("runs", "9" * 5000, "is not a whole number"),
        ("runs", "١٢", "is not a whole number"),
        ("concurrency", "0", "0 is out of range"),
        ("seed", "-3", "-3 is out of range"),
        ("seed", str(2**63), "is out of range"),
        ("max_steps", "0", "0 is out of range"),
        ("max_tokens", "many", "'many' is not a whole number"),
        ("band", "40-10", "the low end comes first"),
        ("band", "nan-40", "is not a band"),
        ("band", "", "is not a band"),
        ("tolerance", "five", "'five' is not a tolerance; write points of the pass rate, such as 5"),
        ("tolerance", "15", "leaves nothing of the band 10-40; give less than 15"),
        ("suite", "baisc", "unknown suite 'baisc' of task dropout; choose one of: basic"),
        ("refusals", "pass", "a refusal is not 'pass'; choose one of: failed, void"),
        ("mode", "agents", "unknown mode 'agents'; choose one of: answer, agent"),
        ("model", "  ", "give the name of a model"),
        ("model", "a\x1b[2J", "is not the name of a model"),
        ("base_url", "localhost:8080", "is not the address of a server"),
        ("base_url", "ftp://host", "is not the address of a server"),
        ("base_url", "http://host:99999", "is not the address of a server"),
        ("base_url", "http://[::1", "is not the address of a server"),
        ("base_url", "https://me:key@host", "leave user and password out"),
        ("prompt", "/nowhere/prompt.txt", "cannot read the prompt"),
        ("prompt", "explicitt", "cannot read the prompt"),
        ("prompt", "nul\x00byte", "cannot read the prompt"),
        ("thinking", "-1", "is not a way to think; write off, auto, or a number of tokens from 1,024"),
        ("effort", "High", "unknown effort 'High'; choose one of: low, medium, high"),
        ("temperature", "hot", "'hot' is not a temperature"),
        ("temperature", "inf", "'inf' is not a temperature"),
        ("top_p", "1.01", "'1.01' is not a share of the probability"),
        ("system", "@/nowhere/system.txt", "cannot read the system prompt '/nowhere/system.txt'"),
        ("system", "@", "cannot read the system prompt ''"),
        ("set", "top_k", "'top_k' is not KEY=JSON; write one such as top_k=5"),
        ("set", "stop=END", "the value of stop, 'END', is not JSON"),
        ("set", "a=[1", "the value of a, '[1', is not JSON"),
        ("set", "a=1b=2", "the value of a, '1b=2', is not JSON"),
        ("set", "a=" + "[" * 100_000, "is not JSON"),
        ("set", "temperature=1", "temperature has an option of its own: --temperature"),
        ("name", "12", "a number is no name"),
        ("note", "x" * 1_001, "it has 1,001 characters; give at most 1,000"),
        ("tags", "night -slow", "a tag is one word"),
    ],
)
def test_a_wrong_field_gets_one_line_that_says_what_to_do(field: str, value: str, says: str) -> None:
    found = problems(**{field: value})
    assert list(found) == [field]
    assert says in found[field]
    assert "\n" not in found[field]


def test_every_wrong_field_is_named_in_the_order_of_the_form() -> None:
    assert list(problems(max_tokens="x", band="x", runs="x", model="")) == [
        "model",
        "runs",
        "band",
        "max_tokens",
    ]


def test_a_name_a_note_and_tags_are_none_of_the_settings() -> None:
    form = LaunchForm("sample", seed="1", name=" small ", note="try again", tags="night, slow night")
    assert annotation_of(form) == Annotation("small", "try again", ("night", "slow"))
    assert parse(form) == parse(LaunchForm("sample", seed="1"))
    found = problems(name="-x", tags="-x", runs="0")
    assert list(found) == ["runs", "name", "tags"]


def test_a_prompt_file_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "task.txt"
    path.write_text("Write `dropout(x, p, training)`. [/foo]\n", encoding="utf-8")
    config = parsed(prompt=str(path))
    assert config.prompt_text == "Write `dropout(x, p, training)`. [/foo]"
    assert config.prompt == str(path)


def test_a_system_prompt_is_a_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "system.txt"
    path.write_text("\ufeffBe brief.\nThink.\n", encoding="utf-8")
    assert parsed(system=f" @{path} ").system == "Be brief.\nThink."
    assert parsed(system=" Be brief. ").system == "Be brief."
    assert parsed(system="").system is None


def test_a_system_prompt_that_would_never_end_is_not_waited_for(tmp_path: Path) -> None:
    pipe, huge = tmp_path / "pipe", tmp_path / "huge"
    os.mkfifo(pipe)
    huge.write_bytes(b"a" * 1_000_001)
    assert "it is not a regular file" in problems(system=f"@{pipe}")["system"]
    assert "is larger than 1 MB" in problems(system=f"@{huge}")["system"]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        (" , ", {}),
        ("top_k=5", {"top_k": 5}),
        ('a = {"b": [1, "c=2 d"]}, e=null f="g, h=1"', {"a": {"b": [1, "c=2 d"]}, "e": None, "f": "g, h=1"}),
    ],
)
def test_further_fields_stand_one_after_the_other(text: str, fields: dict[str, Any]) -> None:
    assert parsed(set=text).set == fields


def test_a_reply_is_as_long_as_the_model_lets_it_unless_said() -> None:
    assert parsed(model="m", max_tokens="3000").max_tokens_from == "stated"
    auto = parsed(model="m")
    assert (auto.max_tokens, auto.max_tokens_from) == (16_000, "auto")
    sample = parsed(model="sample")
    assert (sample.max_tokens, sample.max_tokens_from) == (2000, "built in")
    assert problems(model="m", max_tokens="4000", thinking="4000").keys() == {"thinking"}
    assert parsed(model="m", max_tokens="4001", thinking="4000").thinking == "4000"


def test_settings_come_back_into_the_form(tmp_path: Path) -> None:
    path = tmp_path / "system.txt"
    path.write_text("Be brief.", encoding="utf-8")
    config = parsed(
        model="m", thinking="auto", effort="max", temperature="0.123456789", top_p="1", system=f"@{path}",
        set='top_k=5 metadata={"user_id": "é"}', seed="3",
    )  # fmt: skip
    again = parse(form_of(config))
    assert isinstance(again, EvaluationConfig)
    assert replace(again, seed=3) == config
    assert EvaluationConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_a_form_made_from_a_configuration_asks_for_the_like_with_another_seed() -> None:
    config = parsed(
        runs="7",
        band="5-20",
        tolerance="2.3",
        base_url="http://localhost:1",
        mode="agent",
        refusals="void",
        seed="3",
    )
    again = parse(form_of(config))
    assert isinstance(again, EvaluationConfig)
    assert replace(again, seed=3) == config
    assert form_of(config).seed == ""
