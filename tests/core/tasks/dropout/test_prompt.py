from pathlib import Path

import pytest

from dropout_core.task.prompt import load_prompt, unmentioned, unstated
from dropout_core.task.requirement import Explicitness, UnknownSuite
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.config import MODES, Mode
from dropout_core.values.files.text_file import TextUnreadable


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("level", list(Explicitness))
@pytest.mark.parametrize("suite", dropout.suite_names)
def test_every_check_is_stated_by_the_prompt_it_is_used_with(
    suite: str, level: Explicitness, mode: Mode
) -> None:
    requirements = dropout.suite(suite)
    text = dropout.prompt(level, suite, mode)
    assert unstated(text, requirements) == unmentioned(text, requirements) == ()
    for requirement in requirements:
        assert requirement.wording[level] in text
    assert ("submit_answer" in text) == (mode == "agent")


@pytest.mark.parametrize("suite", dropout.suite_names)
def test_levels_spell_out_less_and_less(suite: str) -> None:
    lengths = [len(dropout.prompt(level, suite)) for level in Explicitness]
    assert lengths == sorted(lengths, reverse=True)


def test_leaving_a_clause_out_is_noticed() -> None:
    requirements = dropout.suite("basic")
    without_last = dropout.prompt(suite="basic-edge_cases")
    for found in (unstated, unmentioned):
        assert [requirement.id for requirement in found(without_last, requirements)] == ["edge_cases"]


def test_a_prompt_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "task.md"
    file.write_bytes("\ufeffWrite dropout. Écris [/bold] ☃\n".encode())
    prompt = load_prompt(str(file), suite="basic", mode="answer", task=dropout)
    assert prompt.text == "Write dropout. Écris [/bold] ☃"
    assert prompt.name == str(file)


@pytest.mark.parametrize("content", [b"", b" \n ", b"\xff\xfe\x00", b"x" * 1_000_001])
def test_an_unusable_prompt_file_is_reported_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "task.md"
    file.write_bytes(content)
    with pytest.raises(TextUnreadable) as problem:
        load_prompt(str(file), suite="basic", mode="answer", task=dropout)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("choice", ["no-such-file.md", "/", "", "a\0b", "~no-such-user/x", "/dev/zero"])
def test_a_prompt_that_cannot_be_read_names_the_choices(choice: str) -> None:
    with pytest.raises(TextUnreadable, match="explicit, plain, terse"):
        load_prompt(choice, suite="basic", mode="answer", task=dropout)


def test_an_unknown_suite_names_those_that_exist() -> None:
    with pytest.raises(UnknownSuite, match="basic"):
        load_prompt("explicit", suite="heroic", mode="answer", task=dropout)
