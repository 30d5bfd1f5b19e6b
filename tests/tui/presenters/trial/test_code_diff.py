"""The difference of two texts: applied it gives the other, and side by side nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dropout_tui.presenters.trial.code_diff import Change, DiffLine, counts, diff, side_by_side
from tests.tui.states import GOOD_CODE, UNSCALED_CODE

texts = st.lists(st.sampled_from(["", "a", "b", "x = 1", "return x", "\r", "[/b]"]), max_size=12).map(
    "\n".join
)
any_text = texts | st.text(max_size=60)


def old_text(lines: Sequence[DiffLine]) -> str:
    """The old text."""
    return "\n".join(line.text for line in lines if line.change is not Change.ADDED)


def new_text(lines: Sequence[DiffLine]) -> str:
    """The new text: the difference applied."""
    return "\n".join(line.text for line in lines if line.change is not Change.REMOVED)


@given(any_text, any_text)
def test_applying_the_difference_gives_the_other_text(old: str, new: str) -> None:
    lines = diff(old, new)
    assert (old_text(lines), new_text(lines)) == (old, new)


@given(any_text, any_text)
def test_lines_are_numbered_as_in_their_texts(old: str, new: str) -> None:
    lines = diff(old, new)
    assert [line.old for line in lines if line.old] == list(range(1, old.count("\n") + 2))
    assert [line.new for line in lines if line.new] == list(range(1, new.count("\n") + 2))


@given(any_text)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert counts(diff(text, text)) == (0, 0)


@given(any_text, any_text)
def test_swapped_texts_give_the_same_texts_back(old: str, new: str) -> None:
    lines = diff(new, old)
    assert (new_text(lines), old_text(lines)) == (old, new)


@given(any_text, any_text)
def test_side_by_side_each_side_is_its_text(old: str, new: str) -> None:
    rows = side_by_side(diff(old, new))
    assert "\n".join(left.text for left, _ in rows if left) == old
    assert "\n".join(right.text for _, right in rows if right) == new
    for left, right in rows:
        assert left or right
        if left and right:
            same = left.change is Change.KEPT
            assert (left is right) == same
            assert same or (left.change, right.change) == (Change.REMOVED, Change.ADDED)


def test_only_what_changed_is_marked() -> None:
    changed = [line for line in diff(UNSCALED_CODE, GOOD_CODE) if line.change is not Change.KEPT]
    assert [f"{line.change}{line.text}" for line in changed] == [
        "-    if not training:",
        "+    if not training or p == 0:",
        "-    mask = np.random.rand(*x.shape) > p",
        "-    return x * mask",
        "+    if p == 1:",
        "+        return np.zeros_like(x)",
        "+    mask = np.random.rand(*x.shape) >= p",
        "+    return x * mask / (1 - p)",
    ]


def test_enormous_texts_are_compared_without_matching_every_pair() -> None:
    old = "\n".join(["same", *(f"old {n}" for n in range(5_000)), "end"])
    new = "\n".join(["same", *(f"new {n}" for n in range(5_000)), "end"])
    lines = diff(old, new)
    assert counts(lines) == (5_000, 5_000)
    assert (old_text(lines), new_text(lines)) == (old, new)
