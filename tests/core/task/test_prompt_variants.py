"""Variants of prompts: their names, their texts, and what they no longer state."""

from __future__ import annotations

import pytest

from dropout_core.task.prompt_variants import (
    LONGEST_NAME,
    diff_of_prompts,
    next_name,
    no_longer_stated,
    parse_prompt_name,
    parse_prompt_text,
)
from dropout_core.task.requirement import Explicitness
from dropout_core.tasks.dropout import task as dropout


@pytest.mark.parametrize(
    ("origin", "taken", "name"),
    [
        ("plain", (), "plain-2"),
        ("plain", ("plain-2", "plain-3"), "plain-4"),
        ("plain-2", ("plain-2",), "plain-3"),
        ("/somewhere/my prompts/short one.txt", (), "short-one-2"),
        ("...", (), "prompt-2"),
        ("x" * 300, (), "x" * (LONGEST_NAME - 7) + "-2"),
    ],
)
def test_a_variant_is_called_after_what_it_was_made_from(
    origin: str, taken: tuple[str, ...], name: str
) -> None:
    assert next_name(origin, taken) == name
    assert parse_prompt_name(name) == name


@pytest.mark.parametrize("name", ["", "two words", "plain", "a/b", "-x", "[b]", "x" * 41, "a\nb"])
def test_a_name_is_one_word_that_no_built_in_prompt_has(name: str) -> None:
    with pytest.raises(ValueError, match=r"write one word|give another"):
        parse_prompt_name(name)


def test_a_text_is_not_empty_and_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert parse_prompt_text("  Write dropout.\n") == "Write dropout."
    with pytest.raises(ValueError, match="is empty; write what"):
        parse_prompt_text(" \n ")
    with pytest.raises(ValueError, match="larger than 1 MB"):
        parse_prompt_text("x" * 1_000_001)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-that-is-long-enough-to-be-one")
    with pytest.raises(ValueError, match="prompt"):
        parse_prompt_text("Use a-key-that-is-long-enough-to-be-one.")


def test_what_is_taken_out_is_no_longer_stated_and_what_never_stood_there_is_not_told() -> None:
    checks = dropout.suite("hard")
    before = dropout.prompt("plain", "basic")
    (shape,) = [one for one in checks if one.id == "shape"]
    after = before.replace(shape.wording[Explicitness.PLAIN], "")
    assert [one.id for one in no_longer_stated(before, after, checks)] == ["shape"]
    assert no_longer_stated(before, before, checks) == ()


def test_the_diff_of_equal_prompts_is_empty() -> None:
    assert diff_of_prompts("a\nb", "a\nb", "x", "y") == ()
    assert diff_of_prompts("a\nb", "a\nc", "x", "y") == (
        "--- x",
        "+++ y",
        "@@ -1,2 +1,2 @@",
        " a",
        "-b",
        "+c",
    )
