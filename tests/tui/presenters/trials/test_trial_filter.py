"""What the filter finds: words in what a row says, and exactly the trials a chart counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_core.state.trial_state import Phase, Status, TrialState
from dropout_core.verdict.flag import Flag
from dropout_core.verdict.verdict import Outcome
from dropout_tui.presenters.filter_query import FIELDS, Field, Query, Term, read_query, unknown_words
from dropout_tui.presenters.trials.trial_filter import (
    EVERYTHING,
    Choice,
    Failing,
    Filter,
    WithStatus,
    search_text_of,
)
from tests.tui.states import BUSY, HOSTILE_TEXTS, evaluation_state, failed, verdict, void

STATE = evaluation_state(runs=20, trials=BUSY)
WORDS = st.sampled_from(
    ["failed", "passed", "scaling", "check:edge", "code:random.rand", "!failed", "run:3", "status:paused", "nan",
     'code:"return x"', "reason:overloaded", "zzz"]
)  # fmt: skip


def found(text: str, trials: Sequence[TrialState] = STATE.trials) -> list[int]:
    wanted = Filter(read_query(text))
    return [trial.number for trial in trials if wanted.matches(trial)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", list(range(1, 21))),
        ("failed scaling", [1, 14]),
        ("FAILED Scaling", [1, 14]),
        ("check:other_rates", [1, 14]),
        ('check:"other rates"', [1, 14]),
        ("status:void", [5]),
        ("overloaded", [5]),
        ("reason:nan", [6, 14]),
        ("code:zeros_like", [3, 9, 10, 16]),
        ('code:"return x * mask / (1 - p)"', [3, 9, 10, 16]),
        ('code:"return x * mask / (1 - ', [3, 9, 10, 16]),
        ("!status:failed !status:passed !queued", [2, 4, 5, 10, 11, 12, 13]),
        ("run:3", [3]),
        ("no_code", [7]),
        ("status:pausing", [13]),
        ("typeerror: dropout", []),
        ("void | no_code", [5, 7]),
        ("failed scaling | void", [1, 5, 14]),
        ("void | failed scaling", [1, 5, 14]),
        ("check:scaling|no_code", [1, 7, 14]),
        ("failed check:scaling|no_code !no_code", [1, 14]),
        ('run:3 | "zeros_like(x)" !passed | run:5', [3, 5, 10]),
        ("run:1|5|7", [1, 5, 7]),
        ("|", list(range(1, 21))),
        ("run:3 |", [3]),
        ("| run:3", [3]),
        ("run:3 || run:5", [3, 5]),
        ("run:3|", [3]),
        ('code:"mask | x"', []),
        ('code:"x * mask"|zeros_like run:1|2|3', [1, 3]),
    ],
)
def test_what_is_found(text: str, numbers: list[int]) -> None:
    assert found(text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("flag:frames", [1, 2]),
        ("flag:_getframe", [2]),
        ("!flag:frames", [3]),
        ("frames passed", [2]),
        ("flagged", [1, 2]),
        ("flag:", [1, 2, 3]),
    ],
)
def test_flagged_runs_are_found_by_their_flags(text: str, numbers: list[int]) -> None:
    first = replace(failed("scaling"), flags=(Flag("frames", "reads frames (f_back)", 3),))
    second = replace(
        verdict(), flags=(Flag("frames", "reads frames (sys._getframe)", 3), Flag("gc", "looks", 4))
    )
    state = evaluation_state(runs=3, trials=[first, second, Outcome.PASSED])
    assert found(text, state.trials) == numbers


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("code:", ()),
        ("!", ()),
        ("!code:", ()),
        ("Check:Scaling", (Term("scaling", Field.CHECK),)),
        ("TypeError: x", (Term("typeerror:"), Term("x"))),
        ('"a b', (Term("a b"),)),
        ("!code:rand", (Term("rand", Field.CODE, excluded=True),)),
    ],
)
def test_how_a_filter_is_read(text: str, terms: tuple[Term, ...]) -> None:
    assert read_query(text) == (Query((tuple((term,) for term in terms),)) if terms else Query())


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("foo:bar", ("foo",)),
        ("failed !Chek:scaling", ("chek",)),
        ("void | a-b:c run:3", ("a-b",)),
        ("check:scaling|stauts:void", ("stauts",)),
        ('foo:"a b" foo:c bar:d', ("foo", "bar")),
        ("foo:", ()),
        ('"foo:bar"', ()),
        ("TypeError: x", ()),
        ("np.x:y", ()),
        (" ".join(f"{name}:x" for name in FIELDS), ()),
    ],
)
def test_an_unknown_field_is_reported_with_the_known_ones(text: str, unknown: tuple[str, ...]) -> None:
    query = read_query(text)
    assert query.unknown == unknown
    said = f"no field {', '.join(unknown)}; fields: check, code, flag, reason, reply, run, status"
    assert unknown_words(query) == (said if unknown else "")


@pytest.mark.parametrize("typed", ["reply:sorry", "!reply:sorry", "reply:sorry|thanks", "failed reply:sorry"])
def test_an_unread_conversation_matches_no_term_and_no_negated_term(typed: str) -> None:
    query = read_query(typed)
    said = search_text_of(STATE.trials[0])
    assert query.asks_for_replies
    assert not query.matches(said)
    found = [query.matches(said._replace(reply=reply)) for reply in ("i am sorry.", "done")]
    assert found == ([False, True] if typed.startswith("!") else [True, False])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_a_bar_finds_what_either_side_finds(ways: list[list[str]]) -> None:
    either = {number for way in ways for number in found(" ".join(way))}
    assert set(found(" | ".join(" ".join(way) for way in ways))) == either


@given(st.lists(WORDS.filter(lambda word: ":" not in word), min_size=1, max_size=3), WORDS)
def test_a_bar_that_touches_both_words_stands_for_one_of_them(words: list[str], other: str) -> None:
    one_of_them = {number for word in words for number in found(word)}
    assert set(found(f"{'|'.join(words)} {other}")) == one_of_them & set(found(other))


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_every_further_word_narrows(first: list[str], more: list[str]) -> None:
    one, two = found(" ".join(first)), found(" ".join(more))
    assert found(" ".join([*first, *more])) == [number for number in one if number in two]


@given(WORDS.filter(lambda word: not word.startswith("!")))
def test_an_exclamation_mark_finds_the_others(word: str) -> None:
    assert sorted(found(word) + found(f"!{word}")) == [trial.number for trial in STATE.trials]


@given(st.text(max_size=40))
def test_anything_may_be_typed(text: str) -> None:
    assert set(found(text)) <= {trial.number for trial in STATE.trials}


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_hostile_text_is_only_text(text: str) -> None:
    trials = evaluation_state(runs=2, trials=[void(text), Outcome.PASSED]).trials
    words = text.split()
    if not set('":!|') & set(text):
        assert found(" ".join(words), trials) == [1]
    else:
        assert 2 not in found(text, trials) or not words


@given(st.lists(st.sampled_from(BUSY), max_size=30))
def test_a_bar_and_a_tally_find_exactly_what_they_count(endings: list[Outcome]) -> None:
    state = evaluation_state(runs=max(1, len(endings)), trials=endings)

    def count(choice: Choice) -> int:
        return sum(Filter(choice=choice).matches(trial) for trial in state.trials)

    for check, counted in state.checks:
        assert count(Failing(check)) == counted.failed
    tally = state.tally
    assert count(WithStatus(Status.PASSED)) == tally.passed
    assert count(WithStatus(Status.FAILED)) == tally.failed
    assert count(WithStatus(Status.VOID)) == tally.void
    assert count(WithStatus(Status.RUNNING)) == tally.count(Status.RUNNING)
    assert count(WithStatus(Status.QUEUED)) == tally.count(Status.QUEUED)
    held = tally.count(Status.PAUSED) + tally.count(Status.PAUSING)
    assert count(WithStatus(Status.PAUSED)) == count(WithStatus(Status.PAUSING)) == held


def test_choosing_again_shows_all() -> None:
    chosen = EVERYTHING.toggled(Failing("scaling"))
    assert chosen.choice == Failing("scaling")
    assert chosen.toggled(Failing("shape")).choice == Failing("shape")
    assert not chosen.toggled(Failing("scaling"))


def test_words_and_a_choice_both_count() -> None:
    trials = evaluation_state(runs=3, trials=[failed("scaling"), failed("shape"), Phase.ASKING]).trials
    both = Filter(read_query("failed"), Failing("shape"))
    assert [trial.number for trial in trials if both.matches(trial)] == [2]
