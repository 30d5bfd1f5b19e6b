"""What to try next after a sweep, and what is said of its cells."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dropout_core.analysis.sweep_cells import SweepCell, axes_of, main_cause, name_of
from dropout_core.analysis.sweep_proposal import proposal
from dropout_core.reports.sweep_objects import cell_object, sweep_object
from dropout_core.statistics.pass_rate import Decision
from dropout_core.verdict.verdict import Outcome
from tests.tui.states import Ending, evaluation_state, failed

BELOW: Sequence[Ending] = [failed("scaling")] * 120
ABOVE: Sequence[Ending] = [Outcome.PASSED] * 20
INSIDE: Sequence[Ending] = ([Outcome.PASSED] + [failed("scaling")] * 3) * 30
LIKELY_INSIDE: Sequence[Ending] = ([Outcome.PASSED] + [failed("scaling")] * 3) * 5
OPEN: Sequence[Ending] = [failed("scaling")] * 2


def cell(number: int, trials: Sequence[Ending], prompt: str, suite: str, **more: str) -> SweepCell:
    state = evaluation_state(
        runs=len(trials), trials=trials, prompt=prompt, suite=suite, model="m", decision_error=0.0125
    )
    place = {"task": "dropout", "model": "m", "prompt": prompt, "suite": suite, **more}
    return SweepCell(tuple(place.items()), number, state)


def test_the_states_of_these_tests_are_decided_as_they_are_named() -> None:
    decisions = [
        cell(1, trials, "plain", "basic").decision for trials in (BELOW, ABOVE, INSIDE, LIKELY_INSIDE, OPEN)
    ]
    undecided = Decision.UNDECIDED
    assert decisions == [Decision.BELOW, Decision.ABOVE, Decision.IN, undecided, undecided]


def test_a_cell_in_the_band_is_to_be_taken() -> None:
    cells = [cell(1, ABOVE, "plain", "basic"), cell(2, INSIDE, "plain", "strict")]
    assert proposal(cells).startswith("`strict` (evaluation 2) is in the band")
    assert sweep_object(cells, "decided")["in_band"] == [2]


def test_one_that_is_probably_in_the_band_is_to_get_more_runs() -> None:
    cells = [cell(1, ABOVE, "plain", "basic"), cell(2, LIKELY_INSIDE, "plain", "strict")]
    said = proposal(cells)
    assert said.startswith("`strict` (evaluation 2) is not decided, and in the band with probability ")
    assert said.endswith("give it more --runs")


def test_what_is_only_likely_is_never_called_certain() -> None:
    nearly = [Outcome.PASSED] * 20 + [Outcome.FAILED] * 60
    cells = [cell(1, nearly, "plain", "basic"), cell(2, BELOW, "plain", "strict")]
    assert "with probability >99%: give" in proposal(cells)


def test_between_two_prompts_lies_a_third_or_a_text_of_ones_own() -> None:
    apart = [cell(1, BELOW, "terse", "strict"), cell(2, ABOVE, "explicit", "strict")]
    assert proposal(apart) == "`terse` is below the band, `explicit` above it: try the prompt `plain`"
    close = [cell(1, BELOW, "terse", "strict"), cell(2, ABOVE, "plain", "strict")]
    assert "try a text of your own between them" in proposal(close)


def test_between_two_suites_lies_the_easier_with_a_check_of_the_harder() -> None:
    dtype = failed("scaling")
    below = cell(1, [dtype] * 120, "plain", "strict")
    above = cell(2, ABOVE, "plain", "basic")
    assert "the easier suite with some of the harder one's checks" in proposal([below, above])


def test_between_two_numbers_lies_their_mean() -> None:
    cells = [
        cell(1, BELOW, "plain", "basic", temperature="1"),
        cell(2, ABOVE, "plain", "basic", temperature="0.2"),
    ]
    assert proposal(cells) == "`1` is below the band, `0.2` above it: try the temperature 0.6"


def test_of_several_pairs_the_closest_is_told() -> None:
    cells = [
        cell(1, ABOVE, "explicit", "basic"),
        cell(2, ABOVE, "explicit", "strict"),
        cell(3, BELOW, "terse", "basic"),
        cell(4, BELOW, "terse", "strict"),
    ]
    assert proposal(cells).startswith("`terse` + `basic` is below the band, `explicit` + `basic` above it")
    diagonal = [cells[1], cells[2]]
    assert proposal(diagonal).endswith("try the prompt `explicit` with the suite `basic`")


@pytest.mark.parametrize(
    ("trials", "suites", "prompts", "words"),
    [
        (ABOVE, ("basic", "strict"), ("plain",), "try the suite `hard`"),
        (ABOVE, ("hard",), ("plain", "explicit"), "try the prompt `terse`"),
        (ABOVE, ("hard",), ("plain", "terse"), "try a requirement of your own, or a weaker model"),
        (BELOW, ("strict", "hard"), ("plain",), "try the suite `basic`"),
        (BELOW, ("basic",), ("plain", "terse"), "try the prompt `explicit`"),
        (BELOW, ("basic",), ("explicit",), "try fewer checks (--checks -ID), or a stronger model"),
        (OPEN, ("basic",), ("explicit",), "give more --runs or a larger --budget"),
    ],
)
def test_all_on_one_side_ask_for_a_step_to_the_other(
    trials: Sequence[Ending], suites: tuple[str, ...], prompts: tuple[str, ...], words: str
) -> None:
    cells = [cell(1, trials, prompt, suite) for suite in suites for prompt in prompts]
    assert proposal(cells).endswith(words)


def test_a_cell_that_cannot_run_has_no_number_and_says_why() -> None:
    place = (("task", "dropout"), ("model", "m"), ("prompt", "plain"), ("suite", "hard"))
    one = SweepCell(place, None, None, "it has no such suite")
    said = cell_object(one)
    assert (said["id"], said["decision"], said["stop_reason"]) == (None, "undecided", "it has no such suite")
    assert (said["prompt"], said["suite"], said["model"]) == ("plain", "hard", "m")
    assert proposal([one]) == "no cell could run: mend what the lines above say"


def test_a_cell_of_which_no_run_was_graded_has_no_say_in_what_to_try_next() -> None:
    unable = cell(2, [Outcome.VOID] * 2, "plain", "strict")
    assert proposal([cell(1, ABOVE, "plain", "basic"), unable]).startswith(
        "every cell that ran is above the band"
    )
    assert proposal([unable]) == "no cell could run: mend what the lines above say"


def test_a_cell_is_named_by_what_tells_it_from_the_others() -> None:
    cells = [cell(1, OPEN, "plain", "basic"), cell(2, OPEN, "plain", "strict")]
    assert [name_of(one, axes_of(cells)) for one in cells] == ["`basic`", "`strict`"]
    assert name_of(cells[0], axes_of(cells[:1])) == "`plain` + `basic`"


def test_the_main_cause_is_the_most_frequent() -> None:
    state = evaluation_state(
        runs=4, trials=[failed("rate"), failed("scaling"), failed("scaling"), Outcome.PASSED]
    )
    assert main_cause(state) == ("scaling", 2)
    assert main_cause(evaluation_state(runs=1, trials=[Outcome.PASSED])) is None
