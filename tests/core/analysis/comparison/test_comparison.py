from collections.abc import Sequence
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from dropout_core.analysis.comparison.comparison import Comparison, compare
from dropout_core.statistics.difference import Direction
from dropout_core.tasks.dropout import task as dropout
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import Ending, evaluation_state, failed, verdict, void

NO_CODE = verdict(Outcome.FAILED, cause="no_code")
endings = st.lists(
    st.sampled_from(
        [Outcome.PASSED, failed("scaling"), failed("runs"), failed("rate", "scaling"), NO_CODE, void()]
    ),
    max_size=8,
)


def compared(first: Sequence[Ending], second: Sequence[Ending], **changes: object) -> Comparison:
    one = evaluation_state(runs=max(1, len(first)), trials=first, ended="completed")
    two = evaluation_state(runs=max(1, len(second)), trials=second, ended="completed", **changes)
    return compare((1, one), (2, two))


def test_what_moved_comes_first() -> None:
    found = compared(
        [failed("scaling")] * 9 + [Outcome.PASSED],
        [failed("rate"), failed("scaling")] + [Outcome.PASSED] * 8,
    )
    assert [check.id for check in found.checks] == ["scaling", "rate"]
    assert found.checks[0].first == (9, 10)
    assert found.checks[0].second == (1, 10)
    assert found.checks[0].difference.direction is Direction.LOWER
    assert found.checks[1].difference.direction is Direction.UNDECIDED
    assert found.rate.direction is Direction.HIGHER
    assert (found.first.passed, found.first.graded, found.second.passed) == (1, 10, 8)


def test_a_check_is_out_of_what_reached_it_and_a_cause_out_of_all() -> None:
    found = compared([failed("runs"), failed("scaling"), NO_CODE], [Outcome.PASSED] * 2)
    moved = {check.id: (check.first, check.second) for check in found.checks}
    assert moved == {
        "runs": ((1, 2), (0, 2)),
        "scaling": ((1, 1), (0, 2)),
        "no_code": ((1, 3), (0, 2)),
    }


def test_only_what_differs_is_listed() -> None:
    same = compared([Outcome.PASSED], [Outcome.PASSED])
    assert (same.settings, same.prompt, same.cautions) == ((), (), ())
    other = compared(
        [Outcome.PASSED],
        [Outcome.PASSED],
        max_tokens=500,
        sequential=True,
        base_url="http://127.0.0.1:1",
        prompt="terse",
        prompt_text="Implement `dropout`.\nBriefly.",
    )
    assert {(each.name, each.first, each.second) for each in other.settings} == {
        ("max_tokens", "2000", "500"),
        ("sequential", "no", "yes"),
        ("base_url", "-", "http://127.0.0.1:1"),
        ("prompt", "explicit", "terse"),
    }
    assert other.prompt[:2] == ("--- #1 explicit", "+++ #2 terse")
    assert "+Briefly." in other.prompt
    assert "-Implement `dropout(x, p, training)`." in other.prompt


def test_reasons_for_incomparable_rates_are_given() -> None:
    assert any("suites differ" in text for text in compared([], [], suite="strict").cautions)
    assert any("built in" in text for text in compared([], [], model="sample").cautions)
    assert any("not every run" in text.lower() for text in compared([], []).cautions)


def test_the_same_sample_answers_on_both_sides_are_no_two_samples() -> None:
    def cautions(first: int, second: int) -> str:
        states = [
            evaluation_state(runs=1, trials=[Outcome.PASSED], ended="completed", model="sample", seed=seed)
            for seed in (first, second)
        ]
        return " ".join(compare((1, states[0]), (2, states[1])).cautions)

    assert "the same sample answers" in cautions(5, 5)
    assert "the same sample answers" not in cautions(5, 6)


@given(endings, endings)
def test_changing_sides_mirrors_everything(first: list[Ending], second: list[Ending]) -> None:
    there, back = compared(first, second), compared(second, first)
    assert (there.first.passed, there.first.void) == (back.second.passed, back.second.void)
    mirrored = {check.id: (check.second, check.first) for check in back.checks}
    assert {check.id: (check.first, check.second) for check in there.checks} == mirrored
    for check in there.checks:
        assert 0 <= check.first[0] <= check.first[1]
        assert 0 <= check.second[0] <= check.second[1]


def test_a_prompt_that_was_made_from_a_built_in_one_is_shown_beside_that() -> None:
    built_in = dropout.prompt("plain", "basic")
    made = partial(
        evaluation_state, prompt="plain-2", prompt_from="plain", prompt_text=f"{built_in}\nBe brief."
    )
    first = evaluation_state(prompt="terse", prompt_text="Implement dropout.")
    (origin,) = compare((1, first), (2, made())).prompt_origins
    assert origin[:2] == ("--- plain", "+++ #2 plain-2")
    assert origin[-1] == "+Be brief."
    itself = evaluation_state(prompt="plain", prompt_text=built_in)
    assert compare((1, itself), (2, made())).prompt_origins == ()
    assert compare((1, first), (2, made(task_file="gone.py"))).prompt_origins == ()
