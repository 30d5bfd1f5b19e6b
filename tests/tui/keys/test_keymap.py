"""Keys of one's own, and that every key of the program can be found, named and moved."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen

from dropout_tui.keys.binding_owners import app_class, bindings_of, keys_of, places
from dropout_tui.keys.keymap import check_keys, checked_keys

OWNERS: list[type[DOMNode]] = sorted(
    {owner for place in places() for owner in (place.screen, *place.widgets)} | {app_class()},
    key=lambda owner: owner.__name__,
)
TAKE_TURNS = (
    {"trial.pause", "trial.resume"},
    {"filter.clear", "view.all"},
    {"stored.back", "view.all"},
    {"search.clear", "trial.back"},
    {"answer.edit", "launch.prompt"},
    {"answer.copy", "review.copy"},
    {"answer.save", "review.save"},
)
"""Bound to one key, of which `check_action`, the focus or what is shown offers one at a time."""


@pytest.mark.parametrize("owner", OWNERS, ids=lambda owner: owner.__name__)
def test_every_binding_has_an_id_and_says_what_it_does(owner: type[DOMNode]) -> None:
    for binding in bindings_of(owner):
        assert binding.id, binding
        assert binding.tooltip, binding
        assert binding.description, binding


def test_an_id_means_one_thing() -> None:
    meanings: dict[str, set[str]] = {}
    for owner in OWNERS:
        for binding in bindings_of(owner):
            meanings.setdefault(str(binding.id), set()).add(binding.action.removeprefix("app."))
    assert {identity: actions for identity, actions in meanings.items() if len(actions) > 1} == {}


@pytest.mark.parametrize("place", places(), ids=lambda place: place.screen.__name__)
def test_no_key_of_a_screen_is_taken_twice(place: object) -> None:
    from dropout_tui.keys.binding_owners import Place

    assert isinstance(place, Place)
    beneath = () if issubclass(place.screen, ModalScreen) else bindings_of(app_class())
    for widget in (None, *place.widgets):
        ids: dict[str, set[str]] = {}
        for binding in (*(bindings_of(widget) if widget else ()), *bindings_of(place.screen), *beneath):
            for key in keys_of(binding):
                ids.setdefault(key, set()).add(str(binding.id))
        twice = {key: shared for key, shared in ids.items() if len(shared) > 1}
        assert [shared for shared in twice.values() if shared not in TAKE_TURNS] == []


A, B, C = (
    Binding("a", "first", id="x.first"),
    Binding("b,c", "second", id="x.second"),
    Binding("d", "third", id="y.third"),
)
NOT_A_KEY = 'is not a key; write such as "r", "f5" or "ctrl+r"'
CONTEXTS: Sequence[Sequence[Binding]] = ((A, B), (A, C))


def test_keys_are_taken_over_by_their_long_names() -> None:
    checked = check_keys({"x.first": "?, ctrl+r"}, CONTEXTS)
    assert checked.keymap == {"x.first": "question_mark,ctrl+r"}
    assert checked.problems == ()


def test_two_actions_may_swap_their_keys() -> None:
    checked = check_keys({"x.first": "b", "x.second": "a"}, CONTEXTS)
    assert checked.keymap == {"x.first": "b", "x.second": "a"}
    assert checked.problems == ()


def test_the_same_key_where_both_are_never_reached_at_once() -> None:
    assert check_keys({"x.second": "d"}, CONTEXTS).keymap == {"x.second": "d"}


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"x.fist": "a"}, "keys: there is no action 'x.fist'; did you mean x.first?"),
        ({"zzzzzzz": "a"}, "keys: there is no action 'zzzzzzz'; dropout-tui keys lists them"),
        ({"x.first": "foo"}, f"""keys: x.first = "foo": 'foo' {NOT_A_KEY}"""),
        ({"x.first": "ctrl+"}, f"""keys: x.first = "ctrl+": 'ctrl+' {NOT_A_KEY}"""),
        ({"x.first": "c"}, 'keys: x.first = "c" is the key of x.second already; x.first keeps its own'),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_a_line_and_changes_nothing(
    wanted: dict[str, str], problem: str
) -> None:
    checked = check_keys({**wanted, "y.third": "f9"}, CONTEXTS)
    assert checked.problems == (problem,)
    assert checked.keymap == {"y.third": "f9"}


def test_an_action_keeps_a_shared_key_when_the_other_is_moved() -> None:
    pause, resume = (Binding("space", name, id=f"t.{name}") for name in ("pause", "resume"))
    assert check_keys({"t.pause": "z"}, [(pause, resume)]).keymap == {"t.pause": "z", "t.resume": "space"}
    both = check_keys({"t.pause": "z", "t.resume": "z"}, [(pause, resume)])
    assert both.keymap == {"t.pause": "z", "t.resume": "z"}
    assert both.problems == ()


@given(
    st.dictionaries(
        st.sampled_from(["x.first", "x.second", "y.third", "nowhere"]), st.sampled_from("abcdef?+")
    )
)
def test_no_action_is_ever_left_without_a_key_of_its_own(wanted: dict[str, str]) -> None:
    checked = check_keys(wanted, CONTEXTS)
    for context in CONTEXTS:
        reached: list[str] = []
        for binding in context:
            assert binding.id is not None
            reached += checked.keymap.get(binding.id, ",".join(keys_of(binding))).split(",")
        assert len(reached) == len(set(reached))
    assert len(checked.problems) == len(wanted.keys() - checked.keymap.keys())


def test_a_key_of_the_app_cannot_be_taken_by_a_screen() -> None:
    checked = checked_keys({"run.pause": "y", "run.cancel": "z"})
    assert checked.keymap == {"run.cancel": "z"}
    assert checked.problems == (
        'keys: run.pause = "y" is the key of answer.copy already; run.pause keeps its own',
    )
