"""The line of keys leaves keys out whole, and never the one that tells all the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dropout_tui.widgets.key_line import KeyHint, key_line, without_dimmed

HELP = KeyHint("question_mark", "?", "Help", enabled=True, kept=True)
HINTS = st.lists(
    st.builds(
        KeyHint,
        st.just("r"),
        st.sampled_from(["r", "space", "⏎", "^p"]),
        st.sampled_from(["Rerun", "Pause all", "[/x] y"]),
        st.booleans(),
        kept=st.just(False),
    ),
    max_size=12,
)


@given(HINTS, st.integers(6, 200))
def test_what_is_shown_is_shown_whole_and_in_order(hints: list[KeyHint], width: int) -> None:
    line = key_line([HELP, *hints], width)
    assert line.cell_length <= width
    words = [f"{hint.display} {hint.description}" for hint in hints]
    shown = line.plain.removesuffix("? Help").rstrip()
    assert line.plain.endswith("? Help")
    assert shown in ["  ".join(words[:count]) for count in range(len(words) + 1)]


@given(HINTS, st.integers(6, 200))
def test_more_room_never_shows_less(hints: list[KeyHint], width: int) -> None:
    assert key_line([*hints, HELP], width).cell_length <= key_line([*hints, HELP], width + 1).cell_length


@given(HINTS, st.integers(6, 13))
def test_where_not_all_that_is_kept_fits_it_is_left_out_whole_too(hints: list[KeyHint], width: int) -> None:
    quit_ = KeyHint("q", "q", "Quit", enabled=True, kept=True)
    assert key_line([*hints, HELP, quit_], width).plain == "? Help"


@given(HINTS, st.integers(6, 200))
def test_keys_that_work_are_seen_in_place_of_dimmed_ones(hints: list[KeyHint], width: int) -> None:
    kept = without_dimmed([*hints, HELP], width)
    works = [hint for hint in hints if hint.enabled]
    assert [hint for hint in kept if hint.enabled] == [*works, HELP]
    fits = key_line([*hints, HELP], width).plain == key_line([*hints, HELP], 400).plain
    assert not fits or list(kept) == [*hints, HELP]
    assert (
        key_line(kept, width).cell_length
        <= key_line(without_dimmed([*hints, HELP], width + 1), width + 1).cell_length
    )


def test_where_not_even_help_fits_it_is_cut_with_a_sign() -> None:
    assert key_line([HELP], 4).plain == "? H…"
