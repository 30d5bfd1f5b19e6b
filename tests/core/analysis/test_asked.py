"""What a prompt asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dropout_core.analysis.asked import are_asked, is_asked, never_asked
from dropout_core.task import Call, Requirement, Task, matches
from dropout_core.task.prompt import load_prompt, states, unstated
from dropout_core.task.requirement import Explicitness
from dropout_core.task.sources.loading import load_task
from dropout_core.tasks.dropout import task as dropout
from dropout_core.values.config import EvaluationConfig
from dropout_core.verdict.check import Check, CheckStatus
from dropout_core.verdict.sole_failures import fails_only
from dropout_core.verdict.verdict import Outcome, Verdict

SUITES = {name: dropout.suite(name) for name in dropout.suite_names}
SUITE_IDS = {name: tuple(one.id for one in dropout.suite(name)) for name in dropout.suite_names}

DROPOUT = dropout


def asking(prompt: str, suite: str = "basic") -> EvaluationConfig:
    text = load_prompt(prompt, suite=suite, mode="answer", task=dropout).text
    return EvaluationConfig(model="m", prompt_text=text, seed=1, prompt=prompt, suite=suite)


@pytest.mark.parametrize("level", list(Explicitness))
@pytest.mark.parametrize("suite", list(SUITES))
def test_an_assembled_prompt_asks_for_its_suite_and_for_nothing_else(level: str, suite: str) -> None:
    config = asking(level, suite)
    for other in SUITES:
        more = tuple(id_ for id_ in SUITE_IDS[other] if id_ not in SUITE_IDS[suite])
        assert never_asked(config, DROPOUT, other) == more
        assert are_asked(config, DROPOUT, SUITES[other]) is not bool(more)


def test_a_prompt_of_ones_own_asks_for_what_it_speaks_of() -> None:
    text = "Write `dropout(x, p, training)`. Zero elements with probability p. Keep the dtype."
    config = replace(asking("explicit"), prompt="mine.txt", prompt_text=text)
    never = never_asked(config, DROPOUT, "strict")
    assert {"shape", "scaling", "any_layout"} <= set(never)
    assert not {"runs", "rate", "dtype"} & set(never)


def test_of_a_requirement_without_words_of_its_own_nothing_tells() -> None:
    def twice(x: float) -> float:
        return 2 * x

    def draw(rng: object) -> list[Call]:
        return [Call(3.0)]

    silent = Requirement("values", "Return twice `x`.", draw=draw, check=matches(twice))
    task = Task("twice", "twice", "Implement `twice(x)`.", (silent,))
    said = EvaluationConfig("m", "Double it. Return twice `x`.", 1, prompt="mine.txt", task="twice")
    unsaid = replace(said, prompt_text="Double it.")
    assert is_asked(said, task, silent) is True
    assert is_asked(unsaid, task, silent) is None
    assert are_asked(unsaid, task, (silent,)) is None
    assert never_asked(unsaid, task, "basic") == ("runs",)


def test_the_wording_of_a_requirement_states_it_without_the_words_that_speak_of_it() -> None:
    keep = Requirement("same", "Keep the size.", draw=lambda rng: (), check=matches(abs), mentions=("shape",))
    task = Task("t", "f", "Do `f`.", (keep,))
    for text, is_so in (("Do `f`. Keep the size.", True), ("Keep its SHAPE.", True), ("Do `f`.", False)):
        config = EvaluationConfig("m", text, 1, prompt="mine.txt", task="t")
        assert is_asked(config, task, keep) is states(text, keep) is is_so
        assert unstated(text, (keep,)) == (() if is_so else (keep,))


def test_what_the_grader_of_a_folder_checks_nothing_tells(tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("What is six times seven?")
    (tmp_path / "grader.py").write_text("def grade(answer):\n    return answer == '42', ''\n")
    task = load_task(tmp_path)
    config = EvaluationConfig("m", "What is six times seven?", 1, **task.stored("basic"))
    assert are_asked(config, task, task.suite("basic")) is None
    assert never_asked(config, task, "basic") == ()


def judged(**statuses: CheckStatus) -> Verdict:
    checks = tuple(Check(id_, id_, status, "") for id_, status in statuses.items())
    passes = all(status is CheckStatus.PASSED for status in statuses.values())
    return Verdict(Outcome.PASSED if passes else Outcome.FAILED, "", "basic", 1, "fork", checks)


@pytest.mark.parametrize(
    ("verdict", "only"),
    [
        (judged(runs=CheckStatus.PASSED, shape=CheckStatus.PASSED, dtype=CheckStatus.FAILED), True),
        (judged(runs=CheckStatus.PASSED, shape=CheckStatus.NOT_REACHED, dtype=CheckStatus.FAILED), False),
        (judged(runs=CheckStatus.PASSED, shape=CheckStatus.FAILED, dtype=CheckStatus.FAILED), False),
        (judged(runs=CheckStatus.PASSED, shape=CheckStatus.PASSED, dtype=CheckStatus.PASSED), False),
    ],
)
def test_an_answer_fails_only_some_checks_where_all_others_passed(verdict: Verdict, only: bool) -> None:
    assert fails_only(verdict, ["dtype"]) is only
    assert not fails_only(verdict, [])
