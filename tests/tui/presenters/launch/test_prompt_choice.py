"""The prompt of the launch form: what there is to choose from, and what the choice becomes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dropout_core.task.prompt_variants import PromptVariant
from dropout_core.values.config import EvaluationConfig
from dropout_tui.presenters.launch.form import LaunchForm, form_of
from dropout_tui.presenters.launch.parsing import parse
from dropout_tui.presenters.launch.prompt_choice import A_FILE, EDITED, PromptChoice, prompt_of

FORM = LaunchForm(model="sample", seed="7")
IN_HAND = replace(FORM, prompt="plain", prompt_text="Write dropout.", prompt_name="plain-2")
STORED = PromptVariant("plain-2", "Write dropout, please.", "plain")


def config(form: LaunchForm) -> EvaluationConfig:
    parsed = parse(form)
    assert isinstance(parsed, EvaluationConfig), parsed
    return parsed


def with_fields(fields: dict[str, str]) -> LaunchForm:
    given: dict[str, Any] = {**fields}
    return replace(FORM, **given)


def test_a_variant_is_kept_with_its_name_and_what_it_was_made_from() -> None:
    made = config(IN_HAND)
    assert (made.prompt, made.prompt_from, made.prompt_text) == ("plain-2", "plain", "Write dropout.")
    assert "shape" in made.unasked
    assert replace(form_of(made), seed="7", max_tokens="auto") == IN_HAND
    assert EvaluationConfig.from_json(made.to_json()) == made


def test_a_file_can_be_given_a_name(tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("Write dropout.")
    made = config(replace(FORM, prompt=str(file), prompt_name="short"))
    assert (made.prompt, made.prompt_from, made.prompt_text) == ("short", str(file), "Write dropout.")


@pytest.mark.parametrize("name", ["plain", "two words", ""])
def test_a_variant_without_a_name_of_its_own_is_refused(name: str) -> None:
    problems = parse(replace(IN_HAND, prompt_name=name))
    assert isinstance(problems, dict)
    assert list(problems) == ["prompt_name"]


def test_every_word_of_the_menu_gives_the_fields_back() -> None:
    choice = replace(PromptChoice.of(IN_HAND), stored=(STORED,))
    assert choice.words == (EDITED, "explicit", "plain", "terse", "plain-2", A_FILE)
    assert choice.word_of(IN_HAND) == EDITED
    assert with_fields(choice.fields(EDITED, "", "plain-2")) == IN_HAND
    assert with_fields(choice.fields("plain-2", "", "plain-2")).prompt_text == STORED.text
    assert with_fields(choice.fields(A_FILE, "p.txt", "")) == replace(FORM, prompt="p.txt")
    assert PromptChoice().words == ("explicit", "plain", "terse", A_FILE)
    assert PromptChoice().word_of(replace(FORM, prompt="p.txt")) == A_FILE


def test_what_is_made_of_a_prompt_gets_a_name_that_no_stored_one_has() -> None:
    choice = PromptChoice(stored=(STORED,))
    first = choice.made("Write.", replace(FORM, prompt="plain"))
    assert first == PromptVariant("plain-3", "Write.", "plain")
    in_hand = replace(FORM, prompt="plain", prompt_text="Write.", prompt_name="mine")
    assert choice.made("Write it.", in_hand).name == "mine"
    of_a_stored_one = replace(FORM, prompt="plain", prompt_text=STORED.text, prompt_name="plain-2")
    assert choice.made("Write it.", of_a_stored_one) == PromptVariant("plain-3", "Write it.", "plain")


def test_one_name_is_not_given_to_two_texts() -> None:
    choice = PromptChoice(stored=(STORED,))
    clash = choice.clash(IN_HAND)
    assert clash == "plain-2 is the name of another prompt; give it one of its own, such as plain-3"
    assert choice.clash(replace(IN_HAND, prompt_text=STORED.text)) is None
    assert choice.clash(FORM) is None


def test_a_variant_is_shown_although_the_file_that_it_was_made_from_is_gone() -> None:
    shown = prompt_of(replace(IN_HAND, prompt="gone.txt"))
    assert (shown.text, shown.before) == ("Write dropout.", "")
    assert prompt_of(IN_HAND).before.startswith("Write")
    with pytest.raises(ValueError, match=r"cannot read the prompt 'gone.txt'"):
        prompt_of(replace(FORM, prompt="gone.txt"))
